#include "ctl.h"

#include <stdlib.h>
#include <sys/epoll.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"

#define CHUNK	   1024
#define PARTIAL_MS 1000
#define WORDS_MAX  3

/* The numbers of a line, separated by blanks.  Returns how many; -1: it has something else, or too many. */
static int parse_numbers(const char *line, unsigned short numbers[WORDS_MAX])
{
	int count = 0;

	while (*line) {
		uint64_t number = 0;
		size_t size = strspn(line, "0123456789");

		if (size == 0 || size > 5 || count == WORDS_MAX)
			return -1;
		for (size_t i = 0; i < size; i++)
			number = number * 10 + (uint64_t)(line[i] - '0');
		if (number > UINT16_MAX)
			return -1;
		numbers[count++] = (unsigned short)number;
		line += size;
		if (*line && !strspn(line, " \t"))
			return -1;
		line += strspn(line, " \t");
	}
	return count;
}

bool ctl_parse(const char *line, bool is_winsz, struct ctl_wish *wish)
{
	enum { SIZE = 1, LOGS = 2 };
	unsigned short numbers[WORDS_MAX] = { 0 };
	const unsigned short *size = is_winsz ? numbers : numbers + 1;

	if (parse_numbers(line, numbers) != (is_winsz ? 2 : 3))
		return false;
	if (is_winsz || numbers[0] == SIZE) {
		wish->resize = true;
		wish->rows = size[0];
		wish->columns = size[1];
		return true;
	}
	if (numbers[0] != LOGS)
		return false;
	wish->reopen_logs = true;
	return true;
}

static void end_line(struct ctl_line *line, bool is_winsz, struct ctl_wish *wish)
{
	line->text[line->size] = '\0';
	/* a NUL inside would hide what follows it */
	if (line->is_too_long || strlen(line->text) != line->size || !ctl_parse(line->text, is_winsz, wish))
		log_debug("%s: a line that makes no sense", is_winsz ? "winsz" : "ctl");
	line->size = 0;
	line->is_too_long = false;
}

void ctl_take(struct ctl_line *line, const char *data, size_t size, int64_t now, bool is_winsz, struct ctl_wish *wish)
{
	if (now - line->touched > PARTIAL_MS) {
		line->size = 0;
		line->is_too_long = false;
	}
	line->touched = now;
	for (size_t i = 0; i < size; i++)
		if (data[i] == '\n')
			end_line(line, is_winsz, wish);
		else if (line->size < CTL_LINE_MAX)
			line->text[line->size++] = data[i];
		else
			line->is_too_long = true;
}

static int is_ready(struct loop_source *source, uint32_t events, struct err *err)
{
	struct ctl_fifo *fifo = source->owner;
	struct ctl *ctl = fifo->ctl;
	struct ctl_wish wish = { 0 };
	char chunk[CHUNK];
	/* one read at a time: who floods us does not keep the guest's output waiting */
	ssize_t size = read(source->fd, chunk, sizeof(chunk));

	(void)events;
	(void)err;
	if (size > 0)
		ctl_take(&fifo->line, chunk, (size_t)size, clock_ms(), fifo == &ctl->winsz, &wish);
	if (wish.resize || wish.reopen_logs)
		ctl->wished(ctl->owner, &wish);
	return 0;
}

static int open_fifo(struct ctl *ctl, struct ctl_fifo *fifo, int dir, const char *name, struct err *err)
{
	int r = endpoint_fifo(&fifo->endpoint, dir, name, &fifo->source.fd, err);

	if (r < 0)
		return r;
	fifo->ctl = ctl;
	fifo->source.ready = is_ready;
	fifo->source.owner = fifo;
	return loop_watch(ctl->loop, &fifo->source, EPOLLIN, err);
}

static void close_fifo(struct ctl *ctl, struct ctl_fifo *fifo)
{
	endpoint_remove(&fifo->endpoint);
	if (fifo->source.fd < 0)
		return;
	loop_forget(ctl->loop, &fifo->source);
	(void)close(fifo->source.fd);
	fifo->source.fd = -1;
}

int ctl_open(struct ctl *ctl, struct loop *loop, int dir, struct err *err)
{
	int r;

	ctl->loop = loop;
	r = open_fifo(ctl, &ctl->ctl, dir, "ctl", err);
	if (r == 0)
		r = open_fifo(ctl, &ctl->winsz, dir, "winsz", err);
	return r;
}

void ctl_close(struct ctl *ctl)
{
	close_fifo(ctl, &ctl->ctl);
	close_fifo(ctl, &ctl->winsz);
}
