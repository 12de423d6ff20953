/* kavel-shim: see specs/shim.md. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "detach.h"
#include "exit.h"
#include "memory.h"
#include "shim.h"

static int fail(struct shim *shim, const struct err *err)
{
	/* until it is detached there is a standard error, then only the sync pipe */
	(void)dprintf(STDERR_FILENO, "kavel-shim: error: %s\n", err->text);
	if (!shim->is_told)
		sync_tell(&shim->sync, -1, err->text);
	return EXIT_FAILURE;
}

/* Before anything is started: the caller may yet put the shim into a group. */
static int prepare(struct shim *shim, struct err *err)
{
	bool unused = false;
	int r = fd_fill_stdio(&unused, err);

	if (r == 0)
		r = sync_open(&shim->sync, &shim->settings, err);
	if (r == 0)
		r = sync_await_start(&shim->sync, err);
	if (r < 0)
		return r;
	(void)umask(022); /* exit files are read by others */
	detach_protect_from_oom();
	return detach(&shim->settings, err);
}

/* The guest has ended: tell everybody.  Returns the exit status. */
static int conclude(struct shim *shim, int code, bool timed_out, struct err *err)
{
	/* engines hold ports by descriptors that they pass on: those are free once the end is known */
	const int kept = shim->sync.sync;
	int r;

	if (kept > 3)
		(void)sys_close_range(3, (unsigned int)kept - 1, 0);
	(void)sys_close_range(kept < 3 ? 3 : (unsigned int)kept + 1, ~0U, 0);
	r = exit_write_files(&shim->settings, code, err);
	if (r < 0)
		return r;
	if (shim->settings.exec)
		sync_tell(&shim->sync, code, timed_out ? "command timed out" : NULL);
	return 0;
}

static int run(struct shim *shim, int *ret_code, struct err *err)
{
	int r = shim_open(shim, err);
	bool timed_out = false;

	*ret_code = -1;
	if (r == 0)
		r = shim_serve(shim, err);
	if (r == 0 && !shim->has_failed) {
		*ret_code = guest_exit_code(shim->guest);
		timed_out = guest_timed_out(shim->guest);
	}
	shim_close(shim);
	if (r < 0 || shim->has_failed)
		return r;
	return conclude(shim, *ret_code, timed_out, err);
}

int main(int argc, char **argv)
{
	static struct shim shim = SHIM_EMPTY;
	struct str_buf out = { 0 };
	static struct err err; /* not on the stack, where it would be in memory all the time */
	int code, r;

	(void)argc;
	memory_prepare();
	r = settings_read(argv + 1, &shim.settings, &out, &err);
	if (r == 1) {
		r = fd_write_all(STDOUT_FILENO, out.data, out.size);
		str_buf_free(&out);
		return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (r == 0)
		r = prepare(&shim, &err);
	if (r < 0)
		return fail(&shim, &err);
	r = run(&shim, &code, &err);
	if (r < 0)
		(void)fail(&shim, &err);
	sync_close(&shim.sync);
	if (r < 0 || shim.has_failed)
		code = EXIT_FAILURE;
	r = exit_run_command(&shim.settings);
	return r ? r : code;
}
