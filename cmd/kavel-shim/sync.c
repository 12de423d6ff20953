#include "sync.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "json/encode.h"

static int take(const char *name, int *ret, struct err *err)
{
	const char *word = getenv(name);
	uint64_t number;
	int r;

	if (!word)
		return 0;
	if (!str_u64(word, INT_MAX, &number))
		return err_user(err, "%s: expected a descriptor, got \"%s\"", name, word);
	r = fd_set_cloexec((int)number, true);
	if (r < 0)
		return err_sys(err, -r, "%s: descriptor %s", name, word);
	*ret = (int)number;
	(void)unsetenv(name); /* it would mean nothing to the runtime and its hooks */
	return 0;
}

int sync_open(struct sync *sync, const struct shim_settings *settings, struct err *err)
{
	int r;

	*sync = (struct sync){ .start = -1, .sync = -1, .attach = -1 };
	sync->key = settings->api ? "data" : settings->exec ? "exit_code" : "pid";
	r = take("_OCI_STARTPIPE", &sync->start, err);
	if (r == 0)
		r = take("_OCI_SYNCPIPE", &sync->sync, err);
	if (r == 0)
		r = take("_OCI_ATTACHPIPE", &sync->attach, err);
	if (r == 0 && settings->exec_attach && sync->attach < 0)
		return err_user(err, "--exec-attach needs a descriptor in _OCI_ATTACHPIPE");
	return r;
}

static void shut(int *fd)
{
	auto_close(fd);
	*fd = -1;
}

void sync_close(struct sync *sync)
{
	shut(&sync->start);
	shut(&sync->sync);
	shut(&sync->attach);
}

int sync_await_start(const struct sync *sync, struct err *err)
{
	char word[64];

	while (sync->start >= 0 && read(sync->start, word, sizeof(word)) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "read from the start pipe");
	return 0;
}

static void tell(int *fd, const char *key, int number, const char *message)
{
	struct str_buf line = { 0 };

	if (*fd < 0)
		return;
	str_append_f(&line, "{\"%s\": %d", key, number);
	if (message && *message) {
		str_append(&line, ", \"message\": ");
		json_quote(&line, message);
	}
	str_append(&line, "}\n");
	if (line.failed || fd_write_all(*fd, line.data, line.size) < 0)
		shut(fd);
	str_buf_free(&line);
}

void sync_tell(struct sync *sync, int number, const char *message)
{
	tell(&sync->sync, sync->key, number, message);
}

void sync_tell_attach(struct sync *sync)
{
	tell(&sync->attach, sync->key, 0, NULL);
}
