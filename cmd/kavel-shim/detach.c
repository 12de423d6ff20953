#include "detach.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"

#define OOM_FILE "/proc/self/oom_score_adj"

/* What it was: a child needs it between fork and execve.  Empty: it was not changed. */
static char oom_before[16];

void detach_protect_from_oom(void)
{
	if (file_read_short(AT_FDCWD, OOM_FILE, oom_before, sizeof(oom_before)) < 0 ||
	    file_write_knob(AT_FDCWD, OOM_FILE, "-1000") < 0)
		oom_before[0] = '\0';
}

void detach_restore_oom(void)
{
	if (oom_before[0])
		(void)file_write_knob(AT_FDCWD, OOM_FILE, oom_before); /* raising it is always allowed */
}

int detach_streams(struct err *err)
{
	autofd null = open("/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);

	if (null < 0)
		return err_sys(err, errno, "open /dev/null");
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(null, fd) < 0)
			return err_sys(err, errno, "replace descriptor %d", fd);
	return 0;
}

/* Atomically, as somebody may look for it at any time. */
static int write_pid(const char *path, pid_t pid, struct err *err)
{
	char text[16];
	int size = snprintf(text, sizeof(text), "%d", pid);
	const char *slash = strrchr(path, '/');
	autofree char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
	autofd dir = -1;

	if (!folder)
		return err_memory(err);
	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, errno, "open %s", folder);
	return file_replace(dir, slash ? slash + 1 : path, text, (size_t)size, 0644, err);
}

/* The caller's child.  It says what went wrong itself: there is nobody after it. */
static _Noreturn void leave(const struct shim_settings *settings, pid_t shim)
{
	struct err err = { 0 };

	if (settings->shim_pid_file && write_pid(settings->shim_pid_file, shim, &err) < 0) {
		(void)dprintf(STDERR_FILENO, "kavel-shim: error: %s\n", err.text);
		_exit(EXIT_FAILURE);
	}
	_exit(EXIT_SUCCESS);
}

int detach(const struct shim_settings *settings, struct err *err)
{
	if (!settings->sync) {
		pid_t pid = fork();

		if (pid < 0)
			return err_sys(err, errno, "fork");
		if (pid > 0)
			leave(settings, pid);
	}
	(void)setsid(); /* EPERM: with --sync, as the leader of a group */
	return settings->passthrough ? 0 : detach_streams(err);
}
