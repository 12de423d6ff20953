#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"

#define DELAY_MS     200
#define DELAY_MAX_MS 10000

/* These pass; with others, such as ENOENT and EROFS, there is nothing to wait for. */
static bool may_pass(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
	case EIO:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case EINTR:
	case EAGAIN:
		return true;
	default:
		return false;
	}
}

static int replace(const struct durable *durable, struct err *err)
{
	const char *slash = strrchr(durable->path, '/');
	autofd dir = -1;
	autofree char *folder = NULL;
	int r;

	folder = strndup(durable->path, slash == durable->path ? 1 : (size_t)(slash - durable->path));
	if (!folder)
		return err_memory(err);
	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, errno, "open %s", folder);
	r = file_replace(dir, slash + 1, durable->text.data, durable->text.size, 0644, err);
	return r < 0 ? err_in(err, "%s", folder) : 0;
}

static void attempt(struct durable *durable)
{
	struct err err;
	int r = replace(durable, &err);
	bool is_first = !durable->is_waiting;

	durable->is_waiting = r < 0 && may_pass(-r);
	if (durable->is_waiting) {
		if (is_first)
			log_warning("%s: trying again until it is written", err.text);
		durable->delay_ms = is_first ? DELAY_MS : durable->delay_ms * 2;
		if (durable->delay_ms > DELAY_MAX_MS)
			durable->delay_ms = DELAY_MAX_MS;
		loop_after(durable->loop, &durable->again, durable->delay_ms);
		return;
	}
	if (r < 0)
		log_warning("%s", err.text);
	else if (!is_first)
		log_warning("%s: written now", durable->path);
	if (!is_first && durable->written)
		durable->written(durable);
}

static int on_time(struct loop_timer *timer, struct err *err)
{
	(void)err;
	attempt(timer->owner);
	return 0;
}

void durable_write(struct durable *durable, struct str_buf *text)
{
	bool is_same = durable->text.data && text->data && str_eq(durable->text.data, text->data);

	if (!durable->path || text->failed || is_same) {
		str_buf_free(text);
		return;
	}
	str_buf_free(&durable->text);
	durable->text = *text;
	*text = (struct str_buf){ 0 };
	durable->again.expired = on_time;
	durable->again.owner = durable;
	if (!durable->is_waiting) /* else its time will come */
		attempt(durable);
}

bool durable_is_waiting(const struct durable *durable)
{
	return durable->is_waiting;
}

void durable_drop(struct durable *durable)
{
	if (durable->loop)
		loop_cancel(durable->loop, &durable->again);
	durable->is_waiting = false;
	str_buf_free(&durable->text);
}
