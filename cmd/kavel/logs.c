/* The `logs` command: what a guest printed, from its log file and those that were rotated away, and what it prints from now on. */
#include "logs.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <time.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/log.h"
#include "base/sys.h"
#include "cli.h"
#include "logs/reader.h"
#include "store/control.h"

#define LOOK_AGAIN_MS 1000
#define AGO_MAX_MS    (UINT64_C(100) * 366 * 24 * 3600 * 1000)

struct job {
	const char *path;
	struct log_filter filter;
	bool has_tail, follows;
	uint64_t tail;
	int shim; /* pidfd of the guest's shim, at whose end there is no more to follow; -1: none */
	struct log_reader *reader;
	struct log_lines lines;
	struct logs_printer printer;
};

/* ---- the options */

static int read_time(const char *option, const char *text, struct timespec *ret, struct err *err)
{
	uint64_t ago, seconds;

	if (clock_parse(text, strlen(text), ret))
		return 0;
	if (str_u64(text, INT32_MAX, &seconds)) {
		*ret = (struct timespec){ .tv_sec = (time_t)seconds };
		return 0;
	}
	if (!duration_parse_to(text, AGO_MAX_MS, &ago))
		return err_user(err,
				"%s: expected a time such as 2026-01-02T03:04:05Z, seconds since 1970, or 10m for ten "
				"minutes ago, "
				"got \"%s\"",
				option, text);
	(void)clock_gettime(CLOCK_REALTIME, ret); /* cannot fail for this clock */
	ret->tv_sec -= (time_t)(ago / 1000);
	ret->tv_nsec -= (long)(ago % 1000) * 1000000;
	if (ret->tv_nsec < 0) {
		ret->tv_nsec += 1000000000;
		ret->tv_sec--;
	}
	return 0;
}

static int read_streams(const char *text, struct log_filter *filter, struct err *err)
{
	bool all = !text || str_eq(text, "all");

	filter->streams[LOG_STDOUT] = all || str_eq(text, "stdout");
	filter->streams[LOG_STDERR] = all || str_eq(text, "stderr");
	if (!filter->streams[LOG_STDOUT] && !filter->streams[LOG_STDERR])
		return err_user(err, "--stream: expected stdout, stderr or all, got \"%s\"", text);
	return 0;
}

static int read_options(const struct cli_options *options, struct job *job, struct err *err)
{
	int r = read_streams(options->logs.stream, &job->filter, err);

	if (r == 0 && options->logs.since) {
		job->filter.has_since = true;
		r = read_time("--since", options->logs.since, &job->filter.since, err);
	}
	if (r == 0 && options->logs.until) {
		job->filter.has_until = true;
		r = read_time("--until", options->logs.until, &job->filter.until, err);
	}
	if (r < 0)
		return r;
	job->has_tail = options->logs.tail && !str_eq(options->logs.tail, "all");
	if (job->has_tail && !str_u64(options->logs.tail, UINT64_MAX, &job->tail))
		return err_user(err, "--tail: expected a number of lines or \"all\", got \"%s\"", options->logs.tail);
	job->follows = options->logs.follow;
	job->printer.as_json = options->format == CLI_JSON;
	job->printer.timestamps = options->logs.timestamps;
	return 0;
}

/* ---- printing what is there */

/* Print what is in the log.  Returns 0, 1 when what comes later is not wanted, or an error. */
static int print_entries(struct job *job, struct err *err)
{
	struct log_entry entry;
	int r;

	while ((r = log_reader_next(job->reader, &entry, err)) > 0) {
		struct log_line line;

		if (job->filter.has_until && entry.when.tv_sec > job->filter.until.tv_sec)
			return 1;
		if (!log_filter_takes(&job->filter, &entry))
			continue;
		r = log_lines_add(&job->lines, &entry, &line);
		if (r < 0)
			return err_memory(err);
		if (r > 0)
			r = logs_print(&job->printer, &line, err);
		if (r < 0)
			return r;
	}
	return r;
}

/* The same, and lines that are not complete. */
static int print_all(struct job *job, struct err *err)
{
	struct log_line line;
	int result = print_entries(job, err), r = result;

	for (int stream = 0; r >= 0 && stream < LOG_STREAMS; stream++)
		if (log_lines_flush(&job->lines, stream, &line))
			r = logs_print(&job->printer, &line, err);
	if (r >= 0)
		r = logs_print_flush(&job->printer, err);
	return r < 0 ? r : result;
}

/* ---- following */

/* Milliseconds until what is printed is not wanted any more; -1: it always is. */
static int remaining_ms(const struct log_filter *filter)
{
	struct timespec now;
	int64_t ms;

	if (!filter->has_until)
		return -1;
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	ms = (int64_t)(filter->until.tv_sec - now.tv_sec) * 1000 + (filter->until.tv_nsec - now.tv_nsec) / 1000000 + 1;
	return ms < 0 ? 0 : ms > INT32_MAX ? INT32_MAX : (int)ms;
}

enum { POLL_LOG, POLL_SHIM, POLL_READER, POLL_COUNT };

/* Wait for more.  Returns 0; 1 when there will be none, or nobody reads it; or an error. */
static int wait_for_more(const struct job *job, int watch, bool is_watched, struct err *err)
{
	struct pollfd fds[POLL_COUNT] = {
		[POLL_LOG] = { .fd = watch, .events = POLLIN },
		[POLL_SHIM] = { .fd = job->shim, .events = POLLIN },
		[POLL_READER] = { .fd = STDOUT_FILENO }, /* tells when its other end is closed */
	};
	int timeout = remaining_ms(&job->filter);

	if (timeout == 0)
		return 1;
	if (!is_watched && (timeout < 0 || timeout > LOOK_AGAIN_MS))
		timeout = LOOK_AGAIN_MS;
	if (poll(fds, POLL_COUNT, timeout) < 0 && errno != EINTR)
		return err_sys(err, errno, "wait for the log");
	return fds[POLL_SHIM].revents || fds[POLL_READER].revents & POLLERR;
}

static int follow(struct job *job, struct err *err)
{
	bool is_watched = true, is_last = false;
	int watch, r = log_reader_watch(job->reader, &watch, err);

	while (r == 0) {
		r = print_all(job, err);
		if (r != 0 || is_last)
			break;
		r = wait_for_more(job, watch, is_watched, err);
		if (r < 0)
			break;
		is_last = r > 0; /* what was written before that is still printed */
		is_watched = log_reader_watch_on(job->reader);
		r = 0;
	}
	return r < 0 ? r : 0;
}

static int print_log(struct job *job, struct err *err)
{
	int r = log_reader_open(job->path, &job->reader, err);

	if (r == 0 && job->has_tail)
		r = log_reader_go_to_last(job->reader, job->tail, &job->filter, err);
	if (r == 0)
		r = job->follows ? follow(job, err) : print_all(job, err);
	if (r >= 0)
		r = logs_print_end(&job->printer, err);
	if (job->reader && log_reader_strange(job->reader))
		log_warning("log file %s: %llu lines are no log entries", job->path,
			    (unsigned long long)log_reader_strange(job->reader));
	log_reader_close(job->reader);
	log_lines_free(&job->lines);
	str_buf_free(&job->printer.text);
	return r == -EPIPE ? 0 : r; /* the reader has seen enough */
}

/* ---- whose log */

static int refuse_driver(const struct guest *guest, struct err *err)
{
	if (str_eq(guest->settings.log.driver, "journald"))
		return err_user(err, "guest %s logs to the journal: journalctl CONTAINER_NAME=%s", guest->name,
				guest->name);
	return err_user(err, "guest %s has no log: its log driver is %s", guest->name, guest->settings.log.driver);
}

/* A guest without a shim prints nothing more. */
static int find_shim(const struct guest *guest, struct job *job, struct err *err)
{
	pid_t pid;
	int r = control_shim(guest->run, &pid, err);

	if (r < 0)
		return r;
	job->shim = pid > 0 ? sys_pidfd_open(pid, 0) : -1;
	if (job->shim < 0 && pid > 0 && errno != ESRCH)
		return err_sys(err, errno, "watch the shim of guest %s", guest->name);
	job->follows = job->shim >= 0;
	return 0;
}

static int print_log_of(struct cli *cli, const char *name, struct job *job, struct err *err)
{
	struct guest guest = GUEST_CLOSED;
	struct store store;
	int r = cli_find_store(cli, &store, err);

	if (r == 0)
		r = guest_open(&store, name, false, &guest, err);
	if (r == 0 && !str_eq(guest.settings.log.driver, "k8s-file") && !str_eq(guest.settings.log.driver, "json-file"))
		r = refuse_driver(&guest, err);
	if (r == 0 && job->follows)
		r = find_shim(&guest, job, err);
	if (r == 0) {
		job->path = guest.log;
		r = print_log(job, err);
		if (r == -ENOENT)
			r = 0; /* it has printed nothing yet */
	}
	guest_close(&guest);
	auto_close(&job->shim);
	return r;
}

static int run(struct cli *cli, char **words, struct err *err)
{
	const char *file = cli->options.logs.file;
	struct job job = { .path = file, .shim = -1, .printer = LOGS_PRINTER };
	int r = read_options(&cli->options, &job, err);

	if (r < 0)
		return r;
	if (cli->stdout_is_closed)
		return err_sys(err, EBADF, "write to standard output");
	if (!file == !*words)
		return err_user(err, file ? "a guest and --file exclude each other" : "the guest's name is missing");
	return file ? print_log(&job, err) : print_log_of(cli, *words, &job, err);
}

#define OPTIONS struct cli_options

static const struct option_row own_options[] = {
	OPTION_FLAG(OPTIONS, logs.follow, "follow", 'f', "go on with what the guest prints, until it ends"),
	OPTION_TEXT(OPTIONS, logs.since, "since", 0, "TIME", "from then on: a time, or 10m for ten minutes ago"),
	OPTION_TEXT(OPTIONS, logs.until, "until", 0, "TIME", "up to then"),
	OPTION_TEXT(OPTIONS, logs.tail, "tail", 'n', "N", "the last N lines only (default: all)"),
	OPTION_FLAG(OPTIONS, logs.timestamps, "timestamps", 't', "before each line, when it was printed"),
	OPTION_TEXT(OPTIONS, logs.stream, "stream", 0, "STREAM", "stdout, stderr or all (default)"),
	OPTION_CHOICE(OPTIONS, format, "format", 0, "FORMAT", cli_formats, "table (default: as it was printed) or json"),
	OPTION_TEXT(OPTIONS, logs.file, "file", 0, "FILE", "a log file (k8s-file or json-file) instead of a guest"),
	OPTION_END,
};

const struct cli_command cli_logs = {
	.name = "logs",
	.arguments = "NAME",
	.summary = "Print what a guest printed",
	.details = "What it wrote to its standard error goes to standard error.",
	.options = { own_options, cli_store_options },
	.words_max = 1,
	.run = run,
};
