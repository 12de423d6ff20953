/* wait: the exit codes of named guests, when they have ended for good. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/sys.h"
#include "cli.h"
#include "json/encode.h"

#define LOOK_MS 20 /* for a process that ended between being found and being opened */

/* Wait for its end.  One that is gone already was found a moment too late: the next look finds what came after it. */
static int wait_process(pid_t pid, struct err *err)
{
	const struct timespec moment = { .tv_nsec = LOOK_MS * 1000000L };
	autofd pidfd = sys_pidfd_open(pid, 0);
	struct pollfd end = { .fd = pidfd, .events = POLLIN };

	if (pidfd < 0 && errno != ESRCH)
		return err_sys(err, errno, "open process %d", pid);
	if (pidfd < 0) {
		(void)nanosleep(&moment, NULL);
		return 0;
	}
	while (poll(&end, 1, -1) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "wait for process %d", pid);
	return 0;
}

/* A guest has ended for good when its shim has: restarts are the shim's.  If that was killed, it ends with its own process, unless
 * another shim is put beside it. */
static int wait_guest(const struct store *store, const struct guest *guest, int64_t *ret_code, struct err *err)
{
	for (;;) {
		struct guest_status status;
		int r = guest_status(store, guest, &status, err);
		pid_t pid;

		if (r < 0)
			return r;
		pid = status.shim ? status.shim : status.pid;
		*ret_code = status.has_exit_code ? status.exit_code : -1;
		if (!pid && !status.has_ended)
			r = err_set(err, ESRCH, "guest \"%s\" has never run", guest->name);
		guest_status_free(&status);
		if (r < 0 || !pid)
			return r;
		r = wait_process(pid, err);
		if (r < 0)
			return r;
	}
}

static int wait_one(const struct store *store, const char *name, int64_t *ret_code, struct err *err)
{
	struct guest guest;
	int r = guest_open(store, name, false, &guest, err);

	if (r == 0)
		r = wait_guest(store, &guest, ret_code, err);
	guest_close(&guest);
	return r;
}

static void put_code(struct json_writer *writer, const char *name, int64_t code)
{
	json_open_object(writer, NULL);
	json_put_string(writer, "name", name);
	if (code < 0)
		json_put_null(writer, "exitCode");
	else
		json_put_i64(writer, "exitCode", code);
	json_close(writer);
}

static int run(struct cli *cli, char **words, struct err *err)
{
	const bool is_json = cli->options.format == CLI_JSON;
	autobuf text = { 0 };
	struct json_writer writer = JSON_WRITER(&text, 2);
	struct store store;
	int status = 0, r = cli_find_store(cli, &store, err);

	if (r < 0)
		return r;
	if (is_json)
		json_open_array(&writer, NULL);
	for (; *words; words++) {
		struct err one;
		int64_t code = -1;

		if (wait_one(&store, *words, &code, &one) < 0) {
			(void)cli_add_context(cli, *words, &one);
			log_error("%s", one.text);
			status = CLI_EXIT_FAILURE;
		} else if (is_json) {
			put_code(&writer, *words, code);
		} else {
			str_append_f(&text, "%lld\n", (long long)code);
		}
	}
	if (is_json) {
		json_close(&writer);
		str_append(&text, "\n");
	}
	r = cli_print(cli, &text, err);
	return r < 0 ? r : status;
}

static const struct option_row format_option[] = {
	OPTION_CHOICE(struct cli_options, format, "format", 'f', "FORMAT", cli_formats, "table (default) or json"),
	OPTION_END,
};

const struct cli_command cli_wait = {
	.name = "wait",
	.arguments = "NAME...",
	.summary = "Wait until guests have ended for good, and print their exit codes",
	.details = "A line each, in the order of the names: 0 to 255, 128 + signal, or -1 when it is not known.",
	.options = { format_option, cli_store_options },
	.words_min = 1,
	.words_max = SIZE_MAX,
	.run = run,
};
