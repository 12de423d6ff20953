#include "container/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"
#include "container/socket.h"

int handover_pid_file(const char *path, pid_t pid, struct err *err)
{
	autofree char *parent = strdup(path);
	char text[16], *slash;
	autofd dir = -1;
	int size, r;

	if (!parent)
		return err_memory(err);
	slash = strrchr(parent, '/');
	if (slash)
		slash[slash == parent] = '\0';
	dir = open(slash ? parent : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, errno, "pid file %s", path);
	size = snprintf(text, sizeof(text), "%d", pid);
	r = file_replace(dir, slash ? strrchr(path, '/') + 1 : path, text, (size_t)size, 0644, err);
	return r < 0 ? err_in(err, "pid file %s", path) : 0;
}

int handover_pidfd(const char *path, int pidfd, struct err *err)
{
	autofd sock = -1;
	int r = socket_connect_path(path, &sock, err);

	if (r < 0)
		return r;
	r = fd_send(sock, "pidfd", 5, pidfd);
	return r < 0 ? err_sys(err, -r, "send the pidfd to %s", path) : 0;
}
