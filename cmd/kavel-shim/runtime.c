#include "runtime.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "detach.h"

#define SAID_MAX (256 * 1024) /* bytes */

/* ---------------------------------------------------------------- words */

static void add(struct option_list *words, const char *word, struct err *err)
{
	const char **items = reallocarray(words->items, words->count + 2, sizeof(*items));

	if (!items) {
		(void)err_memory(err);
		return;
	}
	items[words->count++] = word;
	items[words->count] = NULL;
	words->items = items;
}

static void add_all(struct option_list *words, const struct option_list *more, struct err *err)
{
	for (size_t i = 0; i < more->count; i++)
		add(words, more->items[i], err);
}

/* "--name value", unless there is no value. */
static void add_pair(struct option_list *words, const char *name, const char *value, struct err *err)
{
	if (!value)
		return;
	add(words, name, err);
	add(words, value, err);
}

static void add_exec(struct option_list *words, const struct shim_settings *s, struct err *err)
{
	add(words, "exec", err);
	add_pair(words, "--pid-file", s->pid_file, err);
	add_pair(words, "--process", s->exec_process, err);
	add(words, "--detach", err);
}

static void add_create(struct option_list *words, const struct shim_settings *s, struct err *err)
{
	add(words, s->restore ? "restore" : "create", err);
	add_pair(words, "--bundle", s->bundle, err);
	add_pair(words, "--pid-file", s->pid_file, err);
	if (s->no_pivot)
		add(words, "--no-pivot", err);
	if (s->no_new_keyring)
		add(words, "--no-new-keyring", err);
	if (s->restore)
		add(words, "--detach", err);
	add_pair(words, "--image-path", s->restore, err);
	add_pair(words, "--work-path", s->restore ? s->bundle : NULL, err);
}

/* The order of the words is conmon's: runtimes have been written for it. */
static int build(struct option_list *words, const struct shim_settings *s, enum guest_call call, const char *console,
		 struct err *err)
{
	err->number = 0;
	add(words, s->runtime, err);
	if (s->systemd_cgroup && !s->exec)
		add(words, "--systemd-cgroup", err);
	add_all(words, &s->runtime_args, err);
	if (call == GUEST_START)
		add(words, "start", err);
	if (call == GUEST_DELETE) {
		add(words, "delete", err);
		add(words, "--force", err);
	}
	if (call == GUEST_CREATE) {
		if (s->exec)
			add_exec(words, s, err);
		else
			add_create(words, s, err);
		add_all(words, &s->runtime_opts, err);
		add_pair(words, "--console-socket", console, err);
	}
	add(words, s->id, err);
	if (err->number)
		option_list_free(words);
	return -err->number;
}

/* ---------------------------------------------------------------- the child */

static _Noreturn void fail(const char *what)
{
	(void)dprintf(STDERR_FILENO, "%s: %s\n", what, strerror(errno));
	_exit(127);
}

/* sd_listen_fds(3) compares it with its own pid. */
static void set_listen_pid(bool always)
{
	const char *before = getenv("LISTEN_PID");
	char text[16];
	uint64_t number;

	if (!before || (!always && (!str_u64(before, INT32_MAX, &number) || (pid_t)number != getppid())))
		return;
	(void)snprintf(text, sizeof(text), "%d", getpid());
	(void)setenv("LISTEN_PID", text, 1);
}

static void put_stream(int fd, int as)
{
	autofd null = fd < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;

	if (dup2(fd < 0 ? null : fd, as) < 0)
		fail("standard streams");
}

static _Noreturn void execute(const struct runtime *runtime, pid_t shim, const struct pipes *streams,
			      const char *const *words)
{
	sigset_t none;
	char byte;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != shim) /* it was killed before that */
		_exit(127);
	/* with passthrough these are the caller's */
	if (streams) {
		put_stream(streams->in, STDIN_FILENO);
		put_stream(streams->out, STDOUT_FILENO);
		put_stream(streams->err, STDERR_FILENO);
	}
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	set_listen_pid(runtime->settings->replace_listen_pid);
	while (runtime->start_pipe >= 0 && runtime->call == GUEST_CREATE && read(runtime->start_pipe, &byte, 1) < 0)
		if (errno != EINTR)
			fail("start pipe");
	detach_restore_oom();
	(void)execv(words[0], (char *const *)(uintptr_t)words);
	fail(words[0]);
}

/* ---------------------------------------------------------------- what it says */

/* Too much: the beginning is forgotten of what only the runtime can have said; what an exec or restore already wrote as the guest
 * waits in the pipe. */
static bool make_room(struct runtime *runtime)
{
	struct str_buf *said = &runtime->said;
	const size_t kept = SAID_MAX / 2;

	if (said->size <= SAID_MAX)
		return true;
	if (runtime->settings->exec || runtime->settings->restore)
		return false;
	memmove(said->data, said->data + said->size - kept, kept + 1);
	said->size = kept;
	return true;
}

/* Returns false when there is nothing more for now. */
static bool read_some(struct runtime *runtime)
{
	char data[1024];
	ssize_t n = read(runtime->error.fd, data, sizeof(data));

	if (n > 0)
		str_append_n(&runtime->said, data, (size_t)n);
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		loop_forget(runtime->loop, &runtime->error);
	if (!make_room(runtime)) {
		loop_forget(runtime->loop, &runtime->error);
		return false;
	}
	return n > 0;
}

static int on_error_stream(struct loop_source *source, uint32_t events, struct err *err)
{
	(void)events;
	(void)err;
	(void)read_some(source->owner);
	return 0;
}

/* A line that is no part of why it failed, as runtimes write it in words and in key=value pairs. */
static bool is_remark(const char *line, size_t size)
{
	return memmem(line, size, ": warning: ", 11) || memmem(line, size, "level=warning", 13);
}

/* One line of what it said: the lines joined, without the remarks.  Returns its size. */
static size_t join_lines(char *text, size_t size)
{
	size_t joined = 0;

	for (size_t at = 0, length; at < size; at += length + 1) {
		const char *end = memchr(text + at, '\n', size - at);

		length = end ? (size_t)(end - text) - at : size - at;
		if (!length || is_remark(text + at, length))
			continue;
		if (joined)
			text[joined++] = ' ';
		memmove(text + joined, text + at, length);
		joined += length;
	}
	return joined;
}

/* The end of what it said is the text: with debugging messages on the same stream, the failure is the last of them. */
static int explain(struct runtime *runtime, int status, struct err *err)
{
	char *text = runtime->said.data;
	size_t size = join_lines(text, runtime->said.size);

	if (size >= ERR_TEXT_MAX) {
		text += size - ERR_TEXT_MAX + 1;
		size = ERR_TEXT_MAX - 1;
	}
	if (size)
		return err_set(err, EIO, "%.*s", (int)size, text);
	if (WIFSIGNALED(status))
		return err_set(err, EIO, "%s was killed by signal %d", runtime->settings->runtime, WTERMSIG(status));
	return err_set(err, EIO, "%s failed with exit status %d, and did not say why", runtime->settings->runtime,
		       WEXITSTATUS(status));
}

static void on_end(struct child *child, int status, const struct rusage *usage)
{
	struct runtime *runtime = child->owner;
	struct err failure;
	int r = 0;

	(void)usage;
	child->pid = 0;
	while (runtime->error.fd >= 0 && read_some(runtime))
		;
	loop_forget(runtime->loop, &runtime->error);
	if (status != 0)
		r = explain(runtime, status, &failure);
	if (runtime->call != GUEST_CREATE) {
		auto_close(&runtime->error.fd);
		str_buf_free(&runtime->said);
	}
	runtime->error.fd = -1;
	runtime->ended(runtime, r < 0 ? &failure : NULL);
}

/* ---------------------------------------------------------------- calls */

static int begin(struct runtime *runtime, const struct pipes *streams, int error_fd, const char *const *words,
		 struct err *err)
{
	pid_t shim = getpid();
	int r;

	str_buf_free(&runtime->said);
	runtime->error = (struct loop_source){ .fd = error_fd, .ready = on_error_stream, .owner = runtime };
	runtime->child = (struct child){ .ended = on_end, .owner = runtime };
	r = error_fd >= 0 ? loop_watch(runtime->loop, &runtime->error, EPOLLIN, err) : 0;
	if (r < 0)
		return r;
	runtime->child.pid = fork();
	if (runtime->child.pid == 0)
		execute(runtime, shim, streams, words);
	if (runtime->child.pid < 0) {
		r = err_sys(err, errno, "start %s", words[0]);
		runtime->child.pid = 0;
		loop_forget(runtime->loop, &runtime->error);
		return r;
	}
	(void)children_add(runtime->children, &runtime->child);
	return 0;
}

int runtime_create(struct runtime *runtime, const struct pipes *guests, int error_fd, const char *console,
		   struct err *err)
{
	struct option_list words = { 0 };
	int r = build(&words, runtime->settings, GUEST_CREATE, console, err);

	if (r < 0)
		return r;
	runtime->call = GUEST_CREATE;
	/* what an earlier call wrote there is not to be taken for this one's */
	(void)unlink(runtime->settings->pid_file);
	r = begin(runtime, runtime->settings->passthrough ? NULL : guests, error_fd, words.items, err);
	option_list_free(&words);
	return r;
}

static int call_quietly(struct runtime *runtime, enum guest_call call, struct err *err)
{
	struct option_list words = { 0 };
	struct pipes streams = PIPES_NONE;
	autofd guests = -1;
	int ends[2];
	int r = build(&words, runtime->settings, call, NULL, err);

	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		option_list_free(&words);
		return err_sys(err, errno, "make a pipe");
	}
	guests = streams.err = ends[1];
	(void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
	runtime->call = call;
	r = begin(runtime, &streams, ends[0], words.items, err);
	if (r < 0)
		(void)close(ends[0]);
	option_list_free(&words);
	return r;
}

int runtime_start(struct runtime *runtime, struct err *err)
{
	return call_quietly(runtime, GUEST_START, err);
}

int runtime_delete(struct runtime *runtime, struct err *err)
{
	return call_quietly(runtime, GUEST_DELETE, err);
}

pid_t runtime_pid(const struct runtime *runtime)
{
	return runtime->child.pid;
}

void runtime_forget(struct runtime *runtime)
{
	if (!runtime->loop) /* nothing was begun */
		return;
	if (runtime->child.pid)
		children_remove(runtime->children, &runtime->child);
	loop_forget(runtime->loop, &runtime->error);
	if (runtime->call != GUEST_CREATE)
		auto_close(&runtime->error.fd);
	runtime->error.fd = -1;
	runtime->child.pid = 0;
	str_buf_free(&runtime->said);
}
