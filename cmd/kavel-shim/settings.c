/* The command line.  Conmon's rows are those of conmon(8) and of its later versions; what it has and the shim needs not, such as
 * its own log level, is accepted and ignored, so that engines need not know which of the two they start. */
#include "settings.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/duration.h"

/* Whose interface this is: engines refuse a program that does not tell, and choose their options by it. */
#define CONMON_VERSION "2.2.1"

/* Values that a table of options alone cannot check. */
struct words {
	struct shim_settings s;
	bool version, help, log_rotate;
	unsigned int log_files;
	int log_policy, health_action;
	const char *restart;
	const char *log_size, *log_size_all, *log_ring, *log_rate;
	const char *attach_wait, *restart_delay, *restart_delay_max, *stop_timeout;
	const char *health_interval, *health_timeout, *health_start_period;
};

static const struct str_name log_policies[] = {
	{ "drop-oldest", LOG_DROP_OLDEST }, { "block", LOG_BLOCK }, { "rate", LOG_RATE }, { NULL, 0 }
};

static const struct str_name health_actions[] = {
	{ "none", HEALTH_NONE }, { "kill", HEALTH_KILL }, { "restart", HEALTH_RESTART }, { "stop", HEALTH_STOP }, { NULL, 0 }
};

static const struct str_name restart_policies[] = { { "no", RESTART_NO },
						    { "on-failure", RESTART_ON_FAILURE },
						    { "always", RESTART_ALWAYS },
						    { "unless-stopped", RESTART_UNLESS_STOPPED },
						    { NULL, 0 } };

#define FLAG(member, name, letter, text)	OPTION_FLAG(struct words, member, name, letter, text)
#define TEXT(member, name, letter, value, text) OPTION_TEXT(struct words, member, name, letter, value, text)
#define LIST(member, name, letter, value, text) OPTION_LIST(struct words, member, name, letter, value, text)
#define UINT(member, name, letter, value, text) OPTION_UINT(struct words, member, name, letter, value, text)

/* clang-format off */
static const struct option_row conmon_options[] = {
	/* the number that callers write behind it is a word of its own, which is ignored */
	FLAG(s.api, "api-version", 0, "the newer protocol on the sync pipe"),
	TEXT(s.bundle, "bundle", 'b', "DIR", "bundle; the working directory unless given"),
	TEXT(s.id, "cid", 'c', "ID", "ID of the container"),
	TEXT(s.uuid, "cuuid", 'u', "ID", "names what is made below --socket-dir-path"),
	TEXT(s.name, "name", 'n', "NAME", "name of the container, for the journal"),
	TEXT(s.runtime, "runtime", 'r', "PROGRAM", "the OCI runtime"),
	LIST(s.runtime_args, "runtime-arg", 0, "WORD", "before the runtime's command"),
	LIST(s.runtime_opts, "runtime-opt", 0, "WORD", "behind it"),
	LIST(s.runtime_opts, "restore-arg", 0, "WORD", NULL),
	TEXT(s.pid_file, "container-pidfile", 'p', "FILE", "where the pid of the container is written"),
	TEXT(s.pid_file, "pidfile", 0, "FILE", NULL),
	TEXT(s.shim_pid_file, "conmon-pidfile", 'P', "FILE", "where the pid of the shim is written"),
	TEXT(s.exit_dir, "exit-dir", 0, "DIR", "the exit code is written to the file ID there"),
	TEXT(s.persist_dir, "persist-dir", '0', "DIR", "and to the file exit there"),
	TEXT(s.exit_command, "exit-command", 0, "PROGRAM", "run in the end"),
	LIST(s.exit_command_args, "exit-command-arg", 0, "WORD", "its arguments"),
	UINT(s.exit_delay_s, "exit-delay", 0, "SECONDS", "wait before"),
	LIST(s.log.paths, "log-path", 'l', "[DRIVER:]PATH", "log of the output: k8s-file, json-file, journald, passthrough, none"),
	TEXT(log_size, "log-size-max", 0, "BYTES", "size of a log file"),
	TEXT(log_size_all, "log-global-size-max", 0, "BYTES", "size of all files of a log"),
	FLAG(log_rotate, "log-rotate", 0, "keep the file that is full, and begin another"),
	UINT(log_files, "log-max-files", 0, "NUMBER", "how many full ones are kept; 1 unless given"),
	TEXT(s.log.tag, "log-tag", 0, "TEXT", "CONTAINER_TAG in the journal"),
	LIST(s.log.labels, "log-label", 0, "KEY=VALUE", "further fields in the journal"),
	FLAG(s.log.no_partial_message, "no-container-partial-message", 0, "no CONTAINER_PARTIAL_MESSAGE in the journal"),
	FLAG(s.stdin, "stdin", 'i', "the container has a standard input"),
	FLAG(s.leave_stdin_open, "leave-stdin-open", 0, "also when the last client has left"),
	FLAG(s.terminal, "terminal", 't', "the container has a terminal"),
	UINT(s.timeout_s, "timeout", 'T', "SECONDS", "kill the container after so long"),
	FLAG(s.exec, "exec", 'e', "run a process in the container instead of creating it"),
	FLAG(s.exec_attach, "exec-attach", 0, "wait for who attaches to it"),
	TEXT(s.exec_process, "exec-process-spec", 0, "FILE", "the process to run"),
	TEXT(s.restore, "restore", 0, "DIR", "restore the container from this checkpoint instead of creating it"),
	FLAG(s.systemd_cgroup, "systemd-cgroup", 's', "the runtime is to use systemd's cgroups"),
	TEXT(s.socket_dir, "socket-dir-path", 0, "DIR", "the attach socket is reached by a path below it"),
	FLAG(s.full_attach, "full-attach", 0, "the attach socket is reached by the path of the bundle"),
	TEXT(s.notify_socket, "sdnotify-socket", 0, "PATH", "forward notifications of the container to this socket"),
	FLAG(s.replace_listen_pid, "replace-listen-pid", 0, "set LISTEN_PID for the runtime"),
	FLAG(s.no_pivot, "no-pivot", 0, "passed to the runtime"),
	FLAG(s.no_new_keyring, "no-new-keyring", 0, "passed to the runtime"),
	FLAG(s.sync, "sync", 0, "do not detach"),
	FLAG(version, "version", 0, "print the version"),
	FLAG(help, "help", 'h', "print this text"),
	OPTION_IGNORED("log-level", "LEVEL", NULL),
	OPTION_IGNORED("log-allowlist-dir", "DIR", NULL),
	OPTION_IGNORED("no-sync-log", NULL, NULL),
	OPTION_IGNORED("syslog", NULL, NULL),
	OPTION_END
};

static const struct option_row kavel_options[] = {
	TEXT(s.id, "id", 0, "ID", "the same as --cid"),
	TEXT(s.run_dir, "run-dir", 0, "DIR", "sockets and status.json are made there"),
	TEXT(s.exit_record, "exit-record", 0, "FILE", "exit.json"),
	FLAG(s.start, "start", 0, "start what was created"),
	FLAG(s.adopt, "adopt", 0, "stand beside a running container that has lost its shim"),
	TEXT(restart, "restart", 0, "POLICY", "no, on-failure[:NUMBER], always, unless-stopped"),
	TEXT(restart_delay, "restart-delay", 0, "TIME", "before the first restart; doubles with each"),
	TEXT(restart_delay_max, "restart-delay-max", 0, "TIME", "but not beyond this"),
	TEXT(s.stop_signal, "stop-signal", 0, "SIGNAL", "by which the container is stopped"),
	TEXT(stop_timeout, "stop-timeout", 0, "TIME", "before it is killed"),
	TEXT(attach_wait, "attach-wait", 0, "TIME", "how long the container waits for a client that takes no output"),
	OPTION_CHOICE(struct words, log_policy, "log-policy", 0, "POLICY", log_policies,
		      "what to do when the log is slow: drop-oldest, block, rate"),
	TEXT(log_ring, "log-ring-size", 0, "BYTES", "what may wait for a slow log"),
	TEXT(log_rate, "log-rate", 0, "BYTES", "a second, with the policy rate"),
	TEXT(s.health.command, "health-cmd", 0, "COMMAND", "checks the container: for sh -c, or a JSON array"),
	TEXT(health_interval, "health-interval", 0, "TIME", "between two checks"),
	TEXT(health_timeout, "health-timeout", 0, "TIME", "a check that takes longer has failed"),
	TEXT(health_start_period, "health-start-period", 0, "TIME", "in which failures do not count"),
	UINT(s.health.retries, "health-retries", 0, "NUMBER", "failures that make it unhealthy"),
	OPTION_CHOICE(struct words, health_action, "health-action", 0, "ACTION", health_actions,
		      "then: none, kill, restart, stop"),
	OPTION_END
};

static const struct option_row *const tables[] = { conmon_options, kavel_options, NULL };

/* Times: where the word is, and where the number of milliseconds belongs. */
static const struct time_row {
	const char *option;
	size_t word, value;
	unsigned int unless_given;
} times[] = {
	{ "--restart-delay", offsetof(struct words, restart_delay), offsetof(struct words, s.restart_delay_ms), 100 },
	{ "--restart-delay-max", offsetof(struct words, restart_delay_max), offsetof(struct words, s.restart_delay_max_ms), 60000 },
	{ "--stop-timeout", offsetof(struct words, stop_timeout), offsetof(struct words, s.stop_timeout_ms), 10000 },
	{ "--health-interval", offsetof(struct words, health_interval), offsetof(struct words, s.health.interval_ms), 30000 },
	{ "--health-timeout", offsetof(struct words, health_timeout), offsetof(struct words, s.health.timeout_ms), 30000 },
	{ "--health-start-period", offsetof(struct words, health_start_period), offsetof(struct words, s.health.start_period_ms), 0 },
};

static const struct size_row {
	const char *option;
	size_t word, value;
} sizes[] = {
	{ "--log-size-max", offsetof(struct words, log_size), offsetof(struct words, s.log.size_max) },
	{ "--log-global-size-max", offsetof(struct words, log_size_all), offsetof(struct words, s.log.size_max_all) },
	{ "--log-ring-size", offsetof(struct words, log_ring), offsetof(struct words, s.log.ring_size) },
	{ "--log-rate", offsetof(struct words, log_rate), offsetof(struct words, s.log.rate) },
};
/* clang-format on */

static int set_time(const char *option, const char *word, unsigned int unless_given, unsigned int *ret, struct err *err)
{
	uint64_t ms = unless_given;

	if (word && !duration_parse(word, &ms))
		return err_user(err, "%s: expected a time such as 500ms, 5s or 1m30s, up to 24h, got \"%s\"", option,
				word);
	*ret = (unsigned int)ms;
	return 0;
}

/* Bytes; also negative, which to conmon means no limit. */
static int set_size(const char *option, const char *word, uint64_t *ret, struct err *err)
{
	int64_t number = 0;

	if (word && !str_i64(word, INT64_MIN, INT64_MAX, &number))
		return err_user(err, "%s: expected a number of bytes, got \"%s\"", option, word);
	*ret = number > 0 ? (uint64_t)number : 0;
	return 0;
}

/* "on-failure:3" */
static int set_restart(struct words *w, struct err *err)
{
	const char *count = w->restart ? str_after(w->restart, "on-failure:") : NULL;
	const struct str_name *policy = w->restart ? str_lookup(restart_policies, w->restart) : restart_policies;
	uint64_t number = 0;

	if (count ? !str_u64(count, UINT_MAX, &number) : !policy)
		return err_user(
			err,
			"--restart: expected no, on-failure, on-failure:NUMBER, always or unless-stopped, got \"%s\"",
			w->restart);
	w->s.restart = count ? RESTART_ON_FAILURE : (int)policy->value;
	w->s.restart_max = (unsigned int)number;
	return 0;
}

static int convert(struct words *w, struct err *err)
{
	char *at = (char *)w;
	/* podman's run has its output from the attach socket, and may stand before a pager */
	int r = set_time("--attach-wait", w->attach_wait, w->s.run_dir ? 0 : INT_MAX, &w->s.attach_wait_ms, err);

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(times); i++)
		r = set_time(times[i].option, *(const char **)(at + times[i].word), times[i].unless_given,
			     (unsigned int *)(at + times[i].value), err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(sizes); i++)
		r = set_size(sizes[i].option, *(const char **)(at + sizes[i].word), (uint64_t *)(at + sizes[i].value),
			     err);
	w->s.log.policy = (enum log_policy)w->log_policy;
	w->s.health.action = (enum health_action)w->health_action;
	w->s.log.files_max = w->log_rotate ? w->log_files : 0;
	return r < 0 ? r : set_restart(w, err);
}

/* What conmon fills in when it is not given. */
static int complete(struct shim_settings *s, struct err *err)
{
	char *directory;

	if (!s->uuid)
		s->uuid = s->id;
	s->log.id = s->uuid;
	s->log.name = s->name;
	for (size_t i = 0; i < s->log.paths.count; i++)
		if (str_eq(s->log.paths.items[i], "passthrough") || str_eq(s->log.paths.items[i], "passthrough-tty"))
			s->passthrough = true;
	if ((s->bundle || s->exec) && s->pid_file)
		return 0;
	directory = s->made[0] = getcwd(NULL, 0);
	if (!directory)
		return err_sys(err, errno, "working directory");
	if (!s->pid_file) {
		if (asprintf(&s->made[1], "%s/pidfile-%s", directory, s->id) < 0) {
			s->made[1] = NULL;
			return err_memory(err);
		}
		s->pid_file = s->made[1];
	}
	if (!s->bundle && !s->exec)
		s->bundle = directory;
	return 0;
}

static int check(const struct shim_settings *s, bool log_rotate, struct err *err)
{
	const struct {
		bool is_wrong;
		const char *text;
	} rules[] = {
		{ !s->id, "the container's ID is missing: --cid ID" },
		{ !s->runtime, "the runtime is missing: --runtime PROGRAM" },
		{ s->exec && s->restore, "--exec and --restore exclude each other" },
		{ s->exec_attach && !s->exec, "--exec-attach is for --exec only" },
		{ s->exec_attach && !s->api, "--exec-attach needs --api-version 1" },
		{ s->exec && !s->exec_process, "--exec needs the process to run: --exec-process-spec FILE" },
		{ !s->uuid && !s->run_dir && (!s->exec || s->api),
		  "what names the attach socket is missing: --cuuid ID" },
		{ s->start && (s->exec || s->restore), "--start is for what is created: neither --exec nor --restore" },
		{ s->restart && !s->start, "--restart needs --start" },
		{ s->adopt && !s->run_dir, "--adopt needs --run-dir" },
		{ s->health.command && !s->run_dir, "--health-cmd needs --run-dir" },
		{ log_rotate && !s->log.files_max, "--log-rotate needs --log-max-files of at least 1" },
		{ s->log.policy == LOG_RATE && !s->log.rate, "--log-policy rate needs --log-rate BYTES" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].is_wrong)
			return err_user(err, "%s", rules[i].text);
	if (access(s->runtime, X_OK) < 0)
		return err_sys(err, errno, "runtime %s", s->runtime);
	return 0;
}

static void print_help(struct str_buf *out)
{
	size_t column = options_width(conmon_options), other = options_width(kavel_options);

	column = other > column ? other : column;
	str_append(out, "usage: kavel-shim --cid ID --runtime PROGRAM [options]\n\nAs conmon(8):\n");
	options_print(conmon_options, column, out);
	str_append(out, "\nFor containers that the shim starts itself:\n");
	options_print(kavel_options, column, out);
}

int settings_read(char **words, struct shim_settings *settings, struct str_buf *out, struct err *err)
{
	struct words w = { .log_files = 1, .s.health.retries = 3 };
	size_t count;
	int r = options_parse(tables, &w, words, SIZE_MAX, &count, err);

	*settings = w.s; /* for settings_free() */
	if (r == 0 && w.version) {
		str_append_f(out,
			     "conmon version " CONMON_VERSION "\ncommit: %s\nkavel-shim version " KAVEL_VERSION "\n",
			     *KAVEL_COMMIT ? KAVEL_COMMIT : "unknown");
		return 1;
	}
	if (r == 0 && w.help) {
		print_help(out);
		return 1;
	}
	if (r == 0)
		r = convert(&w, err);
	if (r == 0)
		r = check(&w.s, w.log_rotate, err);
	if (r == 0)
		r = complete(&w.s, err);
	*settings = w.s;
	return r;
}

void settings_free(struct shim_settings *settings)
{
	option_list_free(&settings->runtime_args);
	option_list_free(&settings->runtime_opts);
	option_list_free(&settings->exit_command_args);
	option_list_free(&settings->log.paths);
	option_list_free(&settings->log.labels);
	for (size_t i = 0; i < ARRAY_SIZE(settings->made); i++) {
		free(settings->made[i]);
		settings->made[i] = NULL;
	}
}
