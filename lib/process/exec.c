/* Which file the guest's program is.  Like execvp(3), except that the PATH is the guest's and that what is found is checked at
 * create already, so that a wrong name is an error there and not a container that dies at start. */
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"

#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* 0: execve(2) may work.  -errno otherwise; -EISDIR for a directory.  By the effective user and capabilities, as execve(2)
 * does it. */
static int probe(const char *path)
{
	struct stat st;

	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0) {
		int number = errno;

		/* access to a directory without the x bit is EACCES as well: say what matters */
		return number == EACCES && stat(path, &st) == 0 && S_ISDIR(st.st_mode) ? -EISDIR : -number;
	}
	if (stat(path, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	return S_ISREG(st.st_mode) ? 0 : -EACCES;
}

static const char *search_path(const struct env_plan *env)
{
	for (size_t i = 0; i < env->count; i++) {
		const char *value = str_after(env->items[i], "PATH=");

		if (value)
			return value;
	}
	return DEFAULT_PATH;
}

/* Put "<directory>/<name>" together; false: it is longer than any path may be.  An empty directory is the current one. */
static bool join(char path[PATH_MAX], const char *directory, size_t size, const char *name)
{
	size_t name_size = strlen(name) + 1;

	if (!size) {
		directory = ".";
		size = 1;
	}
	if (size + 1 + name_size > PATH_MAX)
		return false;
	memcpy(path, directory, size);
	path[size] = '/';
	memcpy(path + size + 1, name, name_size);
	return true;
}

/* Search the PATH.  Returns 0 with the path; -EACCES: there was one that may not be executed; or -ENOENT. */
static int search(const char *name, const char *directories, char path[PATH_MAX])
{
	int result = -ENOENT;

	for (;;) {
		size_t size = strcspn(directories, ":");

		if (join(path, directories, size, name)) {
			int r = probe(path);

			if (r == 0)
				return 0;
			if (r == -EACCES)
				result = r;
		}
		if (!directories[size])
			return result;
		directories += size + 1;
	}
}

static int find_by_path(const char *name, const struct env_plan *env, struct arena *arena, const char **ret_path,
			struct err *err)
{
	char path[PATH_MAX];
	int r = search(name, search_path(env), path);

	if (r == -EACCES)
		return err_set(err, EACCES, "exec: \"%s\": permission denied", name);
	if (r < 0)
		return err_set(err, ENOENT, "exec: \"%s\": executable file not found in $PATH", name);
	*ret_path = arena_strdup(arena, path);
	return *ret_path ? 0 : err_memory(err);
}

int exec_find(const struct spec_process *process, const struct env_plan *env, struct arena *arena,
	      const char **ret_path, struct err *err)
{
	const char *name = process->args.count ? process->args.items[0] : "";
	int r;

	if (!*name)
		return err_set(err, ENOENT, "process.args[0]: exec: \"\": no such file or directory");
	if (!strchr(name, '/'))
		return find_by_path(name, env, arena, ret_path, err);
	r = probe(name);
	if (r < 0) {
		autofd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		return exec_explain(root, name, -r, err);
	}
	*ret_path = name;
	return 0;
}
