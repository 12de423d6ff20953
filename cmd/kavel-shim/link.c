#include "link.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/auto.h"
#include "base/str.h"

/* The path of an open directory: a relative one would mean something else from within the link. */
static int path_of(int dir, char path[PATH_MAX], struct err *err)
{
	char proc[32];
	ssize_t size;

	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", dir);
	size = readlink(proc, path, PATH_MAX - 1);
	if (size < 0)
		return err_sys(err, errno, "read %s", proc);
	path[size] = '\0';
	return 0;
}

int link_make(struct link *link, const struct shim_settings *settings, int dir, struct err *err)
{
	const char *name = settings->uuid ? settings->uuid : settings->id;
	char target[PATH_MAX];
	size_t room;
	int r;

	if (!settings->socket_dir || settings->full_attach)
		return 0;
	if (!name || !*name || strchr(name, '/') || str_eq(name, ".") || str_eq(name, ".."))
		return err_user(err, "--cuuid %s: is not the name of a file", name ? name : "");
	r = path_of(dir, target, err);
	if (r < 0)
		return r;
	link->dir = open(settings->socket_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (link->dir < 0)
		return err_sys(err, errno, "open the directory of sockets %s", settings->socket_dir);
	link->name = strdup(name);
	if (!link->name)
		return err_memory(err);
	/* conmon and its callers agree on this: a link whose path would just fill an address is a byte shorter */
	room = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	if (strlen(settings->socket_dir) + 1 + strlen(name) == room && strlen(name) > 1)
		link->name[strlen(name) - 1] = '\0';
	r = endpoint_link(&link->endpoint, link->dir, link->name, target, err);
	return r < 0 ? err_in(err, "%s", settings->socket_dir) : 0;
}

void link_remove(struct link *link)
{
	endpoint_remove(&link->endpoint);
	free(link->name);
	link->name = NULL;
	auto_close(&link->dir);
	link->dir = -1;
}
