#include "namespaces/map_program.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/auto.h"
#include "base/clock.h"
#include "base/str.h"
#include "base/sys.h"

#define TIMEOUT_MS 10000
#define KEPT	   400 /* bytes of what it says: fits into a struct err beside the rest */
#define NOT_RUN	   127 /* status of a child that could not execute it */

/* The last two: where NixOS and Guix keep programs with special rights. */
static const char *const folders[] = { "/usr/bin", "/bin", "/usr/sbin", "/usr/local/bin", "/run/wrappers/bin",
				       "/run/privileged/bin" };

bool map_program_find(const char *name, char path[MAP_PROGRAM_ROOM])
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		(void)snprintf(path, MAP_PROGRAM_ROOM, "%s/%s", folders[i], name); /* both are constants that fit */
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* PROGRAM PID CONTAINER HOST SIZE ..., each a word of its own. */
static char **make_words(const char *path, pid_t pid, const struct spec_id_mappings *mappings, struct arena *arena,
			 struct err *err)
{
	char **words = ARENA_NEW(arena, char *, 3 * mappings->count + 3);
	size_t n = 0;

	if (!words)
		return (void)err_memory(err), NULL;
	words[n++] = arena_strdup(arena, path);
	words[n++] = arena_printf(arena, "%d", pid);
	for (size_t i = 0; i < mappings->count; i++) {
		const struct spec_id_mapping *item = &mappings->items[i];

		words[n++] = arena_printf(arena, "%u", item->container_id);
		words[n++] = arena_printf(arena, "%u", item->host_id);
		words[n++] = arena_printf(arena, "%u", item->size);
	}
	for (size_t i = 0; i < n; i++)
		if (!words[i])
			return (void)err_memory(err), NULL;
	return words;
}

/* The child: nothing of ours is open in the program but the pipe, and nothing of the environment reaches it. */
static _Noreturn void execute(char **words, int output)
{
	static char *no_environment[] = { NULL };
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (dup2(output, STDOUT_FILENO) >= 0 && dup2(output, STDERR_FILENO) >= 0 &&
	    sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) >= 0)
		(void)execve(words[0], words, no_environment);
	_exit(NOT_RUN);
}

/* Read to the end of file, and keep the beginning.  Returns 0, or 1 when the time was up. */
static int read_output(int fd, char text[KEPT + 1])
{
	const int64_t deadline = clock_ms() + TIMEOUT_MS;
	size_t size = 0;

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int64_t left = deadline - clock_ms();
		char data[256];
		ssize_t n;

		text[size] = '\0';
		if (left <= 0 || (poll(&wait, 1, (int)left) == 0))
			return 1;
		n = read(fd, data, sizeof(data));
		if (n == 0)
			return 0;
		for (ssize_t i = 0; i < n && size < KEPT; i++)
			text[size++] = data[i] == '\n' ? ' ' : data[i];
	}
}

static int judge(const char *name, const char *property, int status, const char *said, struct err *err)
{
	const bool is_gid = str_eq(name, MAP_PROGRAM_GID);

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_RUN)
		return err_set(err, EPERM, "%s: %s cannot be executed", property, name);
	if (WIFSIGNALED(status))
		return err_set(err, EPERM, "%s: %s was killed by signal %d", property, name, WTERMSIG(status));
	(void)err_set(err, EPERM, "%s: %s refused: %s", property, name, *said ? said : "it does not say why");
	return err_hint(err, "%s must grant the caller each ID but his own: OWNER:START:COUNT",
			is_gid ? "/etc/subgid" : "/etc/subuid");
}

/* Run it to its end, which the pipe tells: it has no children. */
static int run(const char *name, const char *property, char **words, struct err *err)
{
	/* no signal at its end: a library's caller may wait for children of its own */
	struct clone_args args = { .flags = CLONE_CLEAR_SIGHAND };
	autofd input = -1;
	char said[KEPT + 1];
	int ends[2], status = 0, late;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "make a pipe");
	pid = sys_clone3(&args);
	if (pid == 0)
		execute(words, ends[1]);
	input = ends[0];
	if (pid < 0)
		(void)err_sys(err, errno, "start %s", name);
	(void)close(ends[1]);
	if (pid < 0)
		return -err->number;
	late = read_output(input, said);
	if (late)
		(void)kill(pid, SIGKILL); /* ours, and not waited for yet */
	while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
		;
	return late ? err_set(err, ETIMEDOUT, "%s: %s does not end", property, name)
		    : judge(name, property, status, said, err);
}

int map_program_run(const char *name, const char *property, pid_t pid, const struct spec_id_mappings *mappings,
		    struct err *err)
{
	char path[MAP_PROGRAM_ROOM];
	struct arena arena = { 0 };
	char **words;
	int r;

	if (!map_program_find(name, path)) {
		(void)err_set(err, ENOENT, "%s: more than the caller's own ID needs %s, which is not installed",
			      property, name);
		return err_hint(err, "it comes with the package uidmap or shadow-utils");
	}
	words = make_words(path, pid, mappings, &arena, err);
	r = words ? run(name, property, words, err) : -err->number;
	arena_free(&arena);
	return r;
}
