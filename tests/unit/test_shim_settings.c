/* kavel-shim/settings.c and sync.c. */
#include "settings.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sync.h"
#include "unit.h"

static struct shim_settings settings;
static struct str_buf out;
static struct err err;

#define READ(...) read_words((char *[]){ __VA_ARGS__, NULL })
#define NEEDED	  "--cid", "box", "--cuuid", "box", "--runtime", "/bin/true"

static int read_words(char **words)
{
	settings_free(&settings);
	settings = (struct shim_settings){ 0 };
	str_buf_free(&out);
	return settings_read(words, &settings, &out, &err);
}

static void words_as_podman_writes_them_are_read(void)
{
	CHECK(READ("--api-version", "1", "-c", "box", "-u", "uuid", "-r", "/bin/true", "-b", "/bundle", "-p",
		   "/pidfile", "-n", "name", "--exit-dir", "/exits", "--full-attach", "-s", "-l", "k8s-file:/log",
		   "--log-level", "warning", "--syslog", "--runtime-arg", "--log-format=json", "--runtime-arg", "--log",
		   "--runtime-arg=/oci-log", "-t", "-i", "-P", "/conmon.pid", "--exit-command", "/usr/bin/podman",
		   "--exit-command-arg", "--root", "--exit-command-arg", "/x", "--exit-delay", "5", "-0",
		   "/persist") == 0);
	CHECK(settings.api && settings.full_attach && settings.systemd_cgroup && settings.terminal && settings.stdin);
	CHECK_STR(settings.id, "box");
	CHECK_STR(settings.uuid, "uuid");
	CHECK_STR(settings.log.id, "uuid");
	CHECK_STR(settings.log.name, "name");
	CHECK_STR(settings.bundle, "/bundle");
	CHECK_STR(settings.persist_dir, "/persist");
	CHECK(settings.runtime_args.count == 3);
	CHECK_STR(settings.runtime_args.items[2], "/oci-log");
	CHECK(settings.exit_command_args.count == 2);
	CHECK_STR(settings.exit_command_args.items[0], "--root");
	CHECK(settings.exit_delay_s == 5);
	CHECK(!settings.exec && !settings.passthrough);
}

static void what_is_not_said_is_as_with_conmon(void)
{
	char *directory = getcwd(NULL, 0);

	CHECK(READ(NEEDED) == 0);
	CHECK_STR(settings.bundle, directory);
	CHECK_HAS(settings.pid_file, "/pidfile-box");
	CHECK(!settings.api && !settings.log.files_max && !settings.log.size_max);
	CHECK(settings.attach_wait_ms == INT_MAX);
	CHECK(READ(NEEDED, "--exec", "--exec-process-spec", "/p") == 0);
	CHECK(!settings.bundle);
	free(directory);
}

static void sizes_and_times_are_read(void)
{
	CHECK(READ(NEEDED, "--log-size-max", "-1", "--log-global-size-max", "4096", "--log-rotate", "--log-max-files",
		   "3") == 0);
	CHECK(settings.log.size_max == 0 && settings.log.size_max_all == 4096 && settings.log.files_max == 3);
	CHECK(READ(NEEDED, "--run-dir", "/run", "--start", "--restart", "on-failure:4", "--restart-delay", "1s500ms",
		   "--stop-timeout", "0s", "--health-cmd", "true", "--health-interval", "1m", "--health-action",
		   "restart") == 0);
	CHECK(settings.restart == RESTART_ON_FAILURE && settings.restart_max == 4);
	CHECK(settings.restart_delay_ms == 1500 && settings.stop_timeout_ms == 0);
	CHECK(settings.health.interval_ms == 60000 && settings.health.action == HEALTH_RESTART);
	CHECK(settings.attach_wait_ms == 0);
}

static void passthrough_is_one_of_the_logs(void)
{
	CHECK(READ(NEEDED, "--log-path", "passthrough") == 0);
	CHECK(settings.passthrough);
}

static void what_is_wrong_is_refused_by_its_name(void)
{
	static const struct {
		char *words[6];
		const char *text;
	} rows[] = {
		{ { "--no-such" }, "--no-such" },
		{ { "--timeout", "soon" }, "--timeout" },
		{ { "--log-size-max", "1k" }, "--log-size-max" },
		{ { "--stop-timeout", "5" }, "--stop-timeout" },
		{ { "--stop-timeout", "25h" }, "--stop-timeout" },
		{ { "--restart", "on-failure:" }, "--restart" },
		{ { "--restart", "on-failure:-1" }, "--restart" },
		{ { "--restart", "maybe" }, "--restart" },
		{ { "--restart", "always" }, "--start" },
		{ { "--log-policy", "lose" }, "drop-oldest" },
		{ { "--log-policy", "rate" }, "--log-rate" },
		{ { "--log-rotate", "--log-max-files", "0" }, "--log-max-files" },
		{ { "--exec" }, "--exec-process-spec" },
		{ { "--exec-attach" }, "--exec" },
		{ { "--exec", "--restore", "/x", "--exec-process-spec", "/x" }, "--restore" },
		{ { "--adopt" }, "--run-dir" },
		{ { "--runtime", "/nonexistent" }, "/nonexistent" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *const *w = rows[i].words;

		err.text[0] = '\0';
		CHECK(READ(NEEDED, w[0], w[1], w[2], w[3], w[4]) < 0);
		CHECK_HAS(err.text, rows[i].text);
	}
	CHECK(READ("--cid", "box") < 0);
	CHECK(READ("--runtime", "/bin/true", "--cuuid", "box") < 0);
	CHECK(READ("--runtime", "/bin/true", "--cid", "box") < 0);
	CHECK_HAS(err.text, "--cuuid");
}

static void the_version_is_one_that_engines_accept(void)
{
	CHECK(READ("--version") == 1);
	CHECK(out.data && strncmp(out.data, "conmon version 2.", 17) == 0);
	CHECK(READ("--help") == 1);
	CHECK_HAS(out.data, "--exit-command-arg WORD");
}

/* What sync_tell() writes with these settings. */
static const char *told(bool api, bool exec, int number, const char *message)
{
	static char line[256];
	struct shim_settings s = { .api = api, .exec = exec };
	struct sync sync;
	char number_of_fd[16];
	ssize_t n;
	int ends[2];

	if (!CHECK(pipe(ends) == 0))
		return NULL;
	(void)snprintf(number_of_fd, sizeof(number_of_fd), "%d", ends[1]);
	(void)setenv("_OCI_SYNCPIPE", number_of_fd, 1);
	CHECK(sync_open(&sync, &s, &err) == 0);
	CHECK(!getenv("_OCI_SYNCPIPE"));
	sync_tell(&sync, number, message);
	sync_close(&sync);
	n = read(ends[0], line, sizeof(line) - 1);
	line[n > 0 ? n : 0] = '\0';
	(void)close(ends[0]);
	return line;
}

static void the_key_depends_on_the_protocol(void)
{
	CHECK_STR(told(true, false, 17, NULL), "{\"data\": 17}\n");
	CHECK_STR(told(false, false, 17, NULL), "{\"pid\": 17}\n");
	CHECK_STR(told(false, true, 3, NULL), "{\"exit_code\": 3}\n");
	CHECK_STR(told(true, true, -1, "a \"b\"\n\xff"),
		  "{\"data\": -1, \"message\": \"a \\\"b\\\"\\n\xef\xbf\xbd\"}\n");
}

static void pipes_that_are_none_are_refused(void)
{
	const struct shim_settings s = { .exec = true, .exec_attach = true };
	struct sync sync;

	(void)setenv("_OCI_SYNCPIPE", "x", 1);
	CHECK(sync_open(&sync, &s, &err) < 0);
	CHECK_HAS(err.text, "_OCI_SYNCPIPE");
	(void)setenv("_OCI_SYNCPIPE", "987", 1);
	CHECK(sync_open(&sync, &s, &err) < 0);
	(void)unsetenv("_OCI_SYNCPIPE");
	CHECK(sync_open(&sync, &s, &err) < 0);
	CHECK_HAS(err.text, "_OCI_ATTACHPIPE");
}

static const struct unit_test tests[] = {
	TEST(words_as_podman_writes_them_are_read),
	TEST(what_is_not_said_is_as_with_conmon),
	TEST(sizes_and_times_are_read),
	TEST(passthrough_is_one_of_the_logs),
	TEST(what_is_wrong_is_refused_by_its_name),
	TEST(the_version_is_one_that_engines_accept),
	TEST(the_key_depends_on_the_protocol),
	TEST(pipes_that_are_none_are_refused),
	TEST_END,
};

int main(void)
{
	int status = unit_run(tests);

	str_buf_free(&out);
	settings_free(&settings);
	return status;
}
