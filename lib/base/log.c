#include "base/log.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/str.h"

static struct {
	struct log_options options;
	bool is_open;
	int fd; /* the file; -1: none */
} log_state = { .fd = -1 };

static const char *const level_names[] = {
	[LOG_LEVEL_ERROR] = "error",
	[LOG_LEVEL_WARNING] = "warning",
	[LOG_LEVEL_INFO] = "info",
	[LOG_LEVEL_DEBUG] = "debug",
};

static const int priorities[] = {
	[LOG_LEVEL_ERROR] = LOG_ERR,
	[LOG_LEVEL_WARNING] = LOG_WARNING,
	[LOG_LEVEL_INFO] = LOG_INFO,
	[LOG_LEVEL_DEBUG] = LOG_DEBUG,
};

/* A service that does not keep up loses messages rather than stopping containers: O_NONBLOCK. */
static int open_service(const char *name, struct err *err)
{
	autofd fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (fd < 0)
		return err_sys(err, errno, "open a socket for the log");
	memcpy(address.sun_path, name, strlen(name));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(err, errno, "connect the log to %s", name);
	log_state.fd = take_fd(&fd);
	return 0;
}

int log_open(const struct log_options *options, struct err *err)
{
	autofd fd = -1;

	log_state.options = *options;
	log_state.is_open = true;
	if (!options->path)
		return 0;
	if (options->target != LOG_TO_FILE)
		return open_service(options->target == LOG_TO_JOURNAL ? "/run/systemd/journal/socket" : "/dev/log",
				    err);
	/* O_NONBLOCK: a FIFO without a reader must fail, not hang */
	fd = open(options->path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600);
	if (fd < 0)
		return err_sys(err, errno, "open log file %s", options->path);
	log_state.fd = take_fd(&fd);
	return 0;
}

void log_close(void)
{
	log_state.is_open = false;
	auto_close(&log_state.fd);
	log_state.fd = -1;
}

int log_fd(void)
{
	return log_state.fd;
}

bool log_wants(enum log_level level)
{
	return log_state.is_open && level <= log_state.options.level;
}

static void append_escaped(struct str_buf *line, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			str_append_f(line, "\\%c", *text);
		else if (*text == '\n')
			str_append(line, "\\n");
		else if ((unsigned char)*text < 0x20 || *text == 0x7f)
			str_append_f(line, "\\u%04x", (unsigned char)*text);
		else
			str_append_n(line, text, 1);
	}
}

static void append_record(struct str_buf *line, enum log_level level, const char *text)
{
	const struct timespec now = { .tv_sec = time(NULL) };
	char when[CLOCK_TEXT_MAX];

	clock_text(&now, false, when);
	if (log_state.options.json) {
		str_append_f(line, "{\"level\":\"%s\",\"msg\":\"", level_names[level]);
		append_escaped(line, text);
		str_append_f(line, "\",\"time\":\"%s\"}\n", when);
	} else {
		str_append_f(line, "time=\"%s\" level=%s msg=\"", when, level_names[level]);
		append_escaped(line, text);
		str_append(line, "\"\n");
	}
}

/* A datagram for the service.  The journal takes fields as lines "NAME=VALUE", and a value of several lines after its
 * length (systemd.io/JOURNAL_NATIVE_PROTOCOL); syslog's date is left out, as its servers know what time it is. */
static void append_entry(struct str_buf *entry, enum log_level level, const char *text)
{
	const char *identifier = log_state.options.path;
	const uint64_t size = htole64(strlen(text));

	if (log_state.options.target == LOG_TO_SYSLOG) {
		str_append_f(entry, "<%d>%s[%d]: %s", LOG_DAEMON | priorities[level], identifier, getpid(), text);
		return;
	}
	str_append_f(entry, "PRIORITY=%d\nSYSLOG_IDENTIFIER=%s\nMESSAGE", priorities[level], identifier);
	if (strchr(text, '\n')) {
		str_append(entry, "\n");
		str_append_n(entry, (const char *)&size, sizeof(size));
	} else {
		str_append(entry, "=");
	}
	str_append_f(entry, "%s\n", text);
}

static void write_line(int fd, const struct str_buf *line)
{
	if (!line->failed && line->data)
		(void)!write(fd, line->data, line->size); /* a log that cannot be written has nowhere to say so */
}

void log_write(enum log_level level, const char *format, ...)
{
	const struct log_options *o = &log_state.options;
	char text[ERR_TEXT_MAX + 512]; /* an error, and where it was met */
	va_list args;

	if (!log_wants(level))
		return;
	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	if (log_state.fd >= 0 || o->json || level > LOG_LEVEL_WARNING) {
		autobuf line = { 0 };

		if (o->target == LOG_TO_FILE || log_state.fd < 0)
			append_record(&line, level, text);
		else
			append_entry(&line, level, text);
		write_line(log_state.fd >= 0 ? log_state.fd : STDERR_FILENO, &line);
	}
	if (level <= LOG_LEVEL_WARNING && (log_state.fd >= 0 || !o->json)) {
		autobuf line = { 0 };

		str_append_f(&line, "%s: %s: %s\n", o->program, level_names[level], text);
		write_line(STDERR_FILENO, &line);
	}
}
