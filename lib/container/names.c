/* What a container may be called, and where containers are kept unless the caller says so. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "base/user.h"
#include "container/container.h"

int container_check_id(const char *id, struct err *err)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+.-";
	size_t size, good;

	if (!id || !*id) /* a caller of the library may have none */
		return err_user(err, "the container ID is empty");
	size = strlen(id);
	good = strspn(id, allowed);
	if (size > 255)
		return err_user(err, "the container ID is longer than 255 bytes: %.40s...", id);
	if (good < size)
		return err_user(err,
				"invalid character '%c' in the container ID \"%s\" (allowed: letters, digits, _ + . -)",
				id[good], id);
	if (id[0] == '-' || id[0] == '.')
		return err_user(err, "invalid container ID \"%s\": it begins with a %s", id,
				id[0] == '-' ? "minus" : "dot");
	return 0;
}

/* Root of a user namespace that a user made for himself still has that user's directory, unless the environment is root's. */
static bool has_roots_directory(void)
{
	const char *name = getenv("USER");

	return geteuid() == 0 && ((name && str_eq(name, "root")) || user_is_host_root());
}

int container_default_root(char *path, size_t room, struct err *err)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	int size;

	if (runtime && !*runtime)
		runtime = NULL;
	if (has_roots_directory())
		size = snprintf(path, room, "/run/kavel");
	else if (!runtime)
		return err_user(err, "no state directory: XDG_RUNTIME_DIR is not set (use --root DIR)");
	else if (*runtime != '/')
		return err_user(err, "no state directory: XDG_RUNTIME_DIR=%s is not an absolute path (use --root DIR)",
				runtime);
	else
		size = snprintf(path, room, "%s/kavel", runtime);
	return (size_t)size < room ? 0 : err_sys(err, ENAMETOOLONG, "state directory %s/kavel", runtime);
}

const char *container_other_root(const struct container_host *host)
{
	const char *name = strrchr(host->root, '/');
	struct err ignored;
	char path[PATH_MAX];

	if (host->root_is_default)
		return NULL;
	/* the default one always has that name: asking for it costs a system call */
	if (name && str_eq(name, "/kavel") && container_default_root(path, sizeof(path), &ignored) == 0 &&
	    str_eq(path, host->root))
		return NULL;
	return host->root;
}
