/* Pipes; with run_dir named ones.  The guest has its ends of those open for reading, too: it does not get SIGPIPE while there is no
 * shim, but waits once the pipe is full. */
#include "pipes.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"

/* A guest whose user is not root opens /dev/stdout anew. */
#define PIPE_MODE 0777

struct row {
	const char *name;
	bool to_guest;
};

static const struct row in_row = { "stdin", true }, out_row = { "stdout", false }, err_row = { "stderr", false };

/* The way back is open first: a FIFO cannot be opened for writing alone, without waiting, before somebody reads. */
static int open_named(int dir, const struct row *row, int *ret_ours, int *ret_guests, struct err *err)
{
	autofd both = openat(dir, row->name, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	autofd ours = -1, guests = -1;
	struct stat stat;

	if (both < 0 || fstat(both, &stat) < 0)
		return err_sys(err, errno, "open %s", row->name);
	if (!S_ISFIFO(stat.st_mode))
		return err_user(err, "%s is no pipe", row->name);
	ours = openat(dir, row->name, (row->to_guest ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (ours < 0)
		return err_sys(err, errno, "open %s", row->name);
	if (ret_guests) {
		guests = openat(dir, row->name, (row->to_guest ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_CLOEXEC);
		if (guests < 0)
			return err_sys(err, errno, "open %s", row->name);
		*ret_guests = take_fd(&guests);
	}
	*ret_ours = take_fd(&ours);
	return 0;
}

static int make_named(int dir, const struct row *row, int *ret_ours, int *ret_guests, struct err *err)
{
	/* a new one each time: others of an earlier incarnation may still write to the old one */
	if (unlinkat(dir, row->name, 0) < 0 && errno != ENOENT)
		return err_sys(err, errno, "remove %s", row->name);
	if (mkfifoat(dir, row->name, 0600) < 0 || fchmodat(dir, row->name, PIPE_MODE, 0) < 0)
		return err_sys(err, errno, "make pipe %s", row->name);
	return open_named(dir, row, ret_ours, ret_guests, err);
}

static int make_unnamed(const struct row *row, int *ret_ours, int *ret_guests, struct err *err)
{
	int ends[2], ours, guests;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "make a pipe");
	ours = ends[row->to_guest ? 1 : 0];
	guests = ends[row->to_guest ? 0 : 1];
	(void)fchmod(guests, PIPE_MODE);
	(void)fcntl(ours, F_SETFL, O_NONBLOCK);
	*ret_ours = ours;
	*ret_guests = guests;
	return 0;
}

/* dir: -1: unnamed. */
static int make(int dir, const struct row *row, int *ret_ours, int *ret_guests, struct err *err)
{
	return dir < 0 ? make_unnamed(row, ret_ours, ret_guests, err) : make_named(dir, row, ret_ours, ret_guests, err);
}

void pipes_close(struct pipes *pipes)
{
	auto_close(&pipes->in);
	auto_close(&pipes->out);
	auto_close(&pipes->err);
	*pipes = (struct pipes)PIPES_NONE;
}

static int open_folder(const struct shim_settings *settings, int *ret, struct err *err)
{
	*ret = open(settings->run_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return *ret < 0 ? err_sys(err, errno, "open %s", settings->run_dir) : 0;
}

int pipes_make(const struct shim_settings *settings, struct pipes *ret_ours, struct pipes *ret_guests, struct err *err)
{
	struct pipes ours = PIPES_NONE, guests = PIPES_NONE;
	autofd dir = -1;
	int r = settings->run_dir && !settings->terminal ? open_folder(settings, &dir, err) : 0;

	if (r == 0 && settings->stdin && !settings->terminal)
		r = make(dir, &in_row, &ours.in, &guests.in, err);
	if (r == 0 && !settings->terminal)
		r = make(dir, &out_row, &ours.out, &guests.out, err);
	if (r == 0)
		r = make(dir, &err_row, &ours.err, &guests.err, err);
	if (r < 0) {
		pipes_close(&ours);
		pipes_close(&guests);
		return r;
	}
	*ret_ours = ours;
	*ret_guests = guests;
	return 0;
}

int pipes_adopt(const struct shim_settings *settings, struct pipes *ret_ours, struct err *err)
{
	struct pipes ours = PIPES_NONE;
	autofd dir = -1;
	int r = open_folder(settings, &dir, err);

	if (r == 0 && settings->stdin)
		r = open_named(dir, &in_row, &ours.in, NULL, err);
	if (r == 0)
		r = open_named(dir, &out_row, &ours.out, NULL, err);
	if (r == 0)
		r = open_named(dir, &err_row, &ours.err, NULL, err);
	if (r < 0) {
		pipes_close(&ours);
		return r;
	}
	*ret_ours = ours;
	return 0;
}
