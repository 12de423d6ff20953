#include "pstable.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/auto.h"

extern char **environ;

/* Start ps with its output in a pipe.  Returns 0 or -errno. */
static int spawn(char *const *argv, int output, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	int r;

	r = posix_spawn_file_actions_init(&actions);
	if (r)
		return -r;
	r = posix_spawnattr_init(&attributes);
	if (r) {
		(void)posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGPIPE); /* ignored here, see main() */
	r = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
	if (!r)
		r = posix_spawnattr_setsigdefault(&attributes, &defaults);
	if (!r)
		r = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (!r)
		r = posix_spawnp(ret_pid, argv[0], &actions, &attributes, argv, environ);
	(void)posix_spawnattr_destroy(&attributes);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int read_all(int fd, struct str_buf *out, struct err *err)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "read the output of ps");
		str_append_n(out, part, (size_t)n);
	}
	return out->failed ? err_memory(err) : 0;
}

static int wait_for(pid_t pid, struct err *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "wait for ps");
	if (WIFSIGNALED(status))
		return err_user(err, "ps was ended by signal %d", WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_user(err, "ps failed with exit status %d", WEXITSTATUS(status));
	return 0;
}

static int run_ps(char *const *argv, struct str_buf *out, struct err *err)
{
	autofd input = -1;
	autofd output = -1;
	int ends[2];
	pid_t pid;
	int r, waited;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "pipe for ps");
	input = ends[0];
	output = ends[1];
	r = spawn(argv, output, &pid);
	if (r < 0)
		return err_sys(err, -r, "start ps");
	(void)close(take_fd(&output)); /* so that the end of ps is the end of the file */
	r = read_all(input, out, err);
	(void)close(take_fd(&input)); /* after a failure ps must not wait for a reader */
	if (r < 0) {
		struct err ignored;

		(void)wait_for(pid, &ignored); /* the first failure is the one to tell */
		return r;
	}
	waited = wait_for(pid, err);
	return waited;
}

/* The field number `index` of a line, in *ret; its size in bytes, 0 if there is none. */
static size_t field(const char *line, size_t size, size_t index, const char **ret)
{
	const char *end = line + size;

	for (;;) {
		const char *start;

		while (line < end && (*line == ' ' || *line == '\t'))
			line++;
		start = line;
		while (line < end && *line != ' ' && *line != '\t')
			line++;
		if (line == start || index == 0) {
			*ret = start;
			return (size_t)(line - start);
		}
		index--;
	}
}

static bool find_pid_column(const char *line, size_t size, size_t *ret_index)
{
	const char *start;
	size_t length;

	for (size_t i = 0; (length = field(line, size, i, &start)); i++)
		if (length == 3 && strncmp(start, "PID", 3) == 0) {
			*ret_index = i;
			return true;
		}
	return false;
}

static bool is_listed(const char *line, size_t size, size_t column, const struct ps_pids *pids)
{
	char number[16] = "";
	const char *start;
	size_t length = field(line, size, column, &start);
	uint64_t pid;

	if (length >= sizeof(number))
		return false;
	memcpy(number, start, length);
	if (!str_u64(number, INT_MAX, &pid))
		return false;
	for (size_t i = 0; i < pids->count; i++)
		if ((uint64_t)pids->items[i] == pid)
			return true;
	return false;
}

static int append_lines(const char *text, const struct ps_pids *pids, struct str_buf *out, struct err *err)
{
	size_t size = strcspn(text, "\n");
	size_t column;

	if (!find_pid_column(text, size, &column))
		return err_user(err, "the table of ps has no column PID");
	str_append_n(out, text, size);
	str_append(out, "\n");
	for (text += size; *text == '\n' && text[1]; text += size) {
		text++;
		size = strcspn(text, "\n");
		if (!is_listed(text, size, column, pids))
			continue;
		str_append_n(out, text, size);
		str_append(out, "\n");
	}
	return 0;
}

int ps_append_table(char *const *words, const struct ps_pids *pids, struct str_buf *out, struct err *err)
{
	autobuf table = { 0 };
	autofree char **argv = NULL;
	char name[] = "ps";
	size_t count = 0;
	int r;

	while (words[count])
		count++;
	argv = calloc(count + 2, sizeof(*argv));
	if (!argv)
		return err_memory(err);
	argv[0] = name;
	memcpy(argv + 1, words, count * sizeof(*argv));
	r = run_ps(argv, &table, err);
	return r < 0 ? r : append_lines(table.data ? table.data : "", pids, out, err);
}
