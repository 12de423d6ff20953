#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "json/encode.h"
#include "logs.h"

#define KEPT_MAX 65536

int logs_print_flush(struct logs_printer *printer, struct err *err)
{
	int r;

	if (printer->text.failed)
		return err_memory(err);
	if (!printer->text.size)
		return 0;
	r = fd_write_all(printer->fd, printer->text.data, printer->text.size);
	printer->text.size = 0;
	return r < 0 ? err_sys(err, -r, "write to standard %s", printer->fd == STDERR_FILENO ? "error" : "output") : 0;
}

/* What follows is for that descriptor. */
static int turn_to(struct logs_printer *printer, int fd, struct err *err)
{
	int r = 0;

	if (printer->fd != fd || printer->text.size > KEPT_MAX)
		r = logs_print_flush(printer, err);
	printer->fd = fd;
	return r;
}

static void append_json(struct str_buf *out, const struct log_line *line)
{
	str_append(out, "{\"time\":");
	json_quote_bytes(out, line->time, line->time_size);
	str_append_f(out, ",\"stream\":\"%s\",\"text\":", line->stream == LOG_STDERR ? "stderr" : "stdout");
	json_quote_bytes(out, line->text, line->size);
	str_append(out, line->ends ? "}\n" : ",\"partial\":true}\n");
}

static int end_open_line(struct logs_printer *printer, struct err *err)
{
	int r;

	if (printer->open_fd < 0)
		return 0;
	r = turn_to(printer, printer->open_fd, err);
	str_append(&printer->text, "\n");
	printer->open_fd = -1;
	return r;
}

int logs_print(struct logs_printer *printer, const struct log_line *line, struct err *err)
{
	int fd = line->stream == LOG_STDERR && !printer->as_json ? STDERR_FILENO : STDOUT_FILENO;
	bool goes_on = printer->open_fd >= 0 && printer->open == line->stream && !line->begins;
	int r = goes_on ? 0 : end_open_line(printer, err);

	if (r == 0)
		r = turn_to(printer, fd, err);
	if (r < 0)
		return r;
	if (printer->as_json) {
		append_json(&printer->text, line);
		return 0;
	}
	if (printer->timestamps && !goes_on) {
		str_append_n(&printer->text, line->time, line->time_size);
		str_append(&printer->text, " ");
	}
	str_append_n(&printer->text, line->text, line->size);
	if (line->ends)
		str_append(&printer->text, "\n");
	printer->open_fd = line->ends ? -1 : fd;
	printer->open = line->stream;
	return 0;
}

int logs_print_end(struct logs_printer *printer, struct err *err)
{
	int r = end_open_line(printer, err);

	return r < 0 ? r : logs_print_flush(printer, err);
}
