#include "store/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <jansson.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/sys.h"
#include "json/read.h"
#include "store/shim_words.h"

#define SHIM_NAME "kavel-shim"
#define SYNC_FD	  3
#define SYNC_NAME "_OCI_SYNCPIPE"
#define LINE_MAX_ (ERR_TEXT_MAX * 6 + 100) /* a text with every character escaped */
#define SAID_MAX  4000

/* ---------------------------------------------------------------- where it is */

static bool is_program(const char *path)
{
	return path && faccessat(AT_FDCWD, path, X_OK, 0) == 0;
}

static const char *find_in_path(struct arena *arena)
{
	const char *list = getenv("PATH");

	while (list && *list) {
		const size_t size = strcspn(list, ":");
		const char *path = arena_printf(arena, "%.*s/" SHIM_NAME, (int)size, list);

		if (*list == '/' && is_program(path))
			return path;
		list += size;
		list += *list == ':';
	}
	return NULL;
}

int shim_find(struct shim_call *call, struct arena *arena, struct err *err)
{
	char own[PATH_MAX], *slash;
	ssize_t size = readlinkat(AT_FDCWD, "/proc/self/exe", own, sizeof(own) - 1);

	if (size < 0)
		return err_sys(err, errno, "read /proc/self/exe");
	own[size] = '\0';
	call->runtime = arena_strdup(arena, own);
	slash = strrchr(own, '/');
	if (slash)
		*slash = '\0';
	call->shim = arena_printf(arena, "%s/" SHIM_NAME, own);
	if (!call->runtime || !call->shim)
		return err_memory(err);
	if (is_program(call->shim))
		return 0;
	call->shim =
		is_program(KAVEL_LIBEXEC_DIR "/" SHIM_NAME) ? KAVEL_LIBEXEC_DIR "/" SHIM_NAME : find_in_path(arena);
	if (!call->shim)
		return err_set(err, ENOENT, SHIM_NAME " is neither in %s nor in " KAVEL_LIBEXEC_DIR " nor in PATH",
			       own);
	return 0;
}

/* ---------------------------------------------------------------- starting it */

static _Noreturn void execute(const struct shim_words *words, int sync, int said, bool keeps_streams)
{
	int null = keeps_streams ? -1 : openat(AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC | O_NOCTTY);
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	if (!keeps_streams &&
	    (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(said, STDERR_FILENO) < 0))
		_exit(127);
	/* the pipe may have the number that it shall have; dup2(2) would then leave it close-on-exec */
	if ((sync == SYNC_FD ? fcntl(sync, F_SETFD, 0) : dup2(sync, SYNC_FD)) < 0 ||
	    sys_close_range(SYNC_FD + 1, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		_exit(127);
	(void)execve(words->items[0], words->items, words->environment);
	(void)dprintf(STDERR_FILENO, "execute %s: %s", words->items[0], strerrordesc_np(errno));
	_exit(127);
}

/* Read the shim's line.  Returns its size, 0 when it ended without one, or -errno. */
static ssize_t read_line(int fd, char *line, size_t room)
{
	size_t size = 0;

	while (size + 1 < room) {
		ssize_t n = read(fd, line + size, room - size - 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		size += (size_t)n;
		line[size] = '\0';
		if (n == 0 || strchr(line, '\n'))
			break;
	}
	return (ssize_t)size;
}

/* Without a line: what it said on its standard error, or how it ended. */
static int explain_silence(const char *shim, int said, int status, struct err *err)
{
	char text[SAID_MAX];
	ssize_t size = pread(said, text, sizeof(text) - 1, 0);
	const char *from = text;

	text[size > 0 ? size : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	if (str_after(from, SHIM_NAME ": error: "))
		from = str_after(from, SHIM_NAME ": error: ");
	if (*from)
		return err_set(err, EIO, "%s", from);
	if (WIFSIGNALED(status))
		return err_set(err, EIO, "%s was killed by signal %d", shim, WTERMSIG(status));
	return err_set(err, EIO, "%s ended without a word", shim);
}

/* {"pid": NUMBER}, or {"pid": -1, "message": TEXT}. */
static int read_answer(const char *line, size_t size, pid_t *ret_pid, struct err *err)
{
	const char *message;
	json_t *answer;
	json_int_t pid;
	int r = json_read(line, size, "answer of the shim", &answer, err);

	if (r < 0)
		return r;
	pid = json_integer_value(json_object_get(answer, "pid"));
	message = json_string_value(json_object_get(answer, "message"));
	if (pid > 0)
		*ret_pid = (pid_t)pid;
	else
		r = err_set(err, EIO, "%s", message ? message : "the shim could not start the guest");
	json_decref(answer);
	return r;
}

static int hear(const char *shim, int sync, int said, pid_t child, pid_t *ret_pid, struct err *err)
{
	autofree char *line = malloc(LINE_MAX_);
	int status = 0;
	ssize_t size;

	if (!line)
		return err_memory(err);
	size = read_line(sync, line, LINE_MAX_);
	/* it has left a child behind that stays, or failed */
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (size < 0)
		return err_sys(err, (int)-size, "hear from %s", shim);
	return size ? read_answer(line, (size_t)size, ret_pid, err) : explain_silence(shim, said, status, err);
}

/* Its failure as the runtime worded it, without the names that everybody puts before his own. */
static int shorten(struct err *err)
{
	static const char *const prefixes[] = { "kavel-shim: ", "kavel: ", "error: " };
	struct err copy = *err;
	const char *from = copy.text;

	for (bool found = true; found;) {
		found = false;
		for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
			if (str_after(from, prefixes[i])) {
				from = str_after(from, prefixes[i]);
				found = true;
			}
	}
	return err_set(err, copy.number, "%s", from);
}

/* Sockets, pid and status.json go there. */
static int make_run(const struct store *store, const struct guest *guest, struct err *err)
{
	char above[PATH_MAX];
	const char *const paths[] = { store->host->root, above, guest->run };
	const mode_t modes[] = { 0711, 0700, 0700 };

	(void)snprintf(above, sizeof(above), "%s/.shim", store->host->root); /* shorter than the guest's own */
	for (size_t i = 0, tries = 0; i < ARRAY_SIZE(paths); i++) {
		if (mkdirat(AT_FDCWD, paths[i], modes[i]) == 0 || errno == EEXIST)
			continue;
		/* the folder above goes with the last guest in it */
		if (errno != ENOENT || i < 2 || tries++ > 100)
			return err_sys(err, errno, "make %s", paths[i]);
		i = 0;
	}
	return 0;
}

int shim_start(const struct store *store, const struct guest *guest, const struct shim_call *call, bool adopt,
	       pid_t *ret_pid, struct err *err)
{
	const bool keeps_streams = str_eq(guest->settings.log.driver, "passthrough");
	autofd reader = -1, writer = -1, said = memfd_create("said", MFD_CLOEXEC);
	struct shim_words words = { 0 };
	int ends[2], r;
	pid_t child;

	if (said < 0 || pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, errno, "make a pipe");
	reader = ends[0];
	writer = ends[1];
	r = make_run(store, guest, err);
	if (r == 0)
		r = shim_words_make(store, guest, call, adopt, &words, err);
	child = r < 0 ? -1 : fork();
	if (child == 0)
		execute(&words, writer, said, keeps_streams);
	if (r == 0 && child < 0)
		r = err_sys(err, errno, "start %s", call->shim);
	auto_close(&writer);
	writer = -1;
	if (r == 0)
		r = hear(call->shim, reader, said, child, ret_pid, err);
	shim_words_free(&words);
	return r < 0 ? shorten(err) : 0;
}
