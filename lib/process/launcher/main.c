/* The launcher: what a guest's first process is between its set-up and its program.  See process/launch.h.
 *
 * Freestanding: no libc, no writable data, one loadable segment that fits in a page.  The seccomp program, if there is
 * one, lies in the same file right after this program; launch() stretches the segment over it.
 *
 * argv: [0] name, [1] numbers (see control.h), with a security label [2] the file and [3] what is written to it; then the path of
 * the program, and its argv. */
#include "control.h"
#include "syscall.h"

/* Kernel interface; the names follow the kernel's. */
#define EINTR			   4
#define EIO			   5
#define EPIPE			   32
#define ECONNABORTED		   103
#define F_SETFD			   2
#define FD_CLOEXEC		   1
#define SOCK_CLOEXEC		   02000000
#define O_WRONLY		   1
#define O_CLOEXEC		   02000000
#define SOL_SOCKET		   1
#define SO_PEERCRED		   17
#define SCM_RIGHTS		   1
#define CLONE_PARENT		   0x00008000ul
#define TIOCSCTTY		   0x540E
#define SIGKILL			   9
#define MSG_NOSIGNAL		   0x4000
#define PR_SET_DUMPABLE		   4
#define PR_SET_NO_NEW_PRIVS	   38
#define PR_CAP_AMBIENT		   47
#define PR_CAP_AMBIENT_LOWER	   3
#define CAP_SYS_ADMIN		   21
#define CAPABILITY_VERSION_3	   0x20080522
#define SECCOMP_SET_MODE_FILTER	   1
#define SECCOMP_NEW_LISTENER	   (1u << 3)
#define EXIT_NOT_EXECUTED	   127
#define EXIT_SIGNAL		   128
#define SIGHUP			   1
#define SIGINT			   2
#define SIGTERM			   15
#define SA_RESTORER		   0x04000000
#define SIG_UNBLOCK		   1

struct ucred {
	int pid;
	unsigned int uid, gid;
};

struct sock_fprog {
	unsigned short count;
	const void *filter;
};

struct cap_header {
	unsigned int version;
	int pid;
};

struct cap_data {
	unsigned int effective, permitted, inheritable;
};

struct iovec {
	void *base;
	unsigned long size;
};

struct message {
	void *name;
	int name_size;
	struct iovec *iov;
	unsigned long iov_count;
	void *control;
	unsigned long control_size;
	int flags, padding;
	unsigned long sent; /* of struct mmsghdr: written by the kernel */
};

struct control_message {
	unsigned long size;
	int level, type;
	int fd, padding;
};

/* What makes a filter with a listener let this program's own calls through, see pass.c. */
struct pass {
	long secret[2];
};

/* A decimal number followed by `end`; returns what comes behind, or 0. */
static const char *number(const char *text, char end, unsigned long *ret)
{
	unsigned long value = 0;
	int digits = 0;

	for (; *text >= '0' && *text <= '9' && digits < 19; text++, digits++)
		value = value * 10 + (unsigned long)(*text - '0');
	if (!digits || *text != end)
		return 0;
	*ret = value;
	return text + 1;
}

/* Anything else than what launch() writes is refused: a guest's script may name /proc/self/exe as its interpreter, and
 * then this program runs with whatever arguments that gives. */
static int parse(const char *text, unsigned long control[CONTROL_COUNT])
{
	for (int i = 0; i < CONTROL_COUNT; i++) {
		text = number(text, i + 1 < CONTROL_COUNT ? ':' : '\0', &control[i]);
		if (!text)
			return -1;
	}
	return 0;
}

static unsigned int peer_uid(int sock)
{
	struct ucred peer = { 0, (unsigned int)CONTROL_NONE, 0 };
	unsigned int size = sizeof(peer);

	(void)sys5(SYS_getsockopt, sock, SOL_SOCKET, SO_PEERCRED, (long)&peer, (long)&size); /* fails: nobody */
	return peer.uid;
}

/* The directory of the socket keeps strangers out; this is the second lock.  Inside a user namespace the host's root has
 * no number of its own, so a peer is also trusted when it looks like the process that called listen(2). */
static int is_trusted(int sock, unsigned int listener)
{
	unsigned int uid = peer_uid(sock);

	return uid != (unsigned int)CONTROL_NONE &&
	       (uid == 0 || uid == listener || uid == (unsigned int)sys1(SYS_geteuid, 0));
}

/* struct sigaction; architectures without the third member have the mask there, which is as good. */
struct action {
	void (*handler)(int signal);
	unsigned long flags;
	void (*restorer)(int signal);
	unsigned long mask;
};

static void end(int signal)
{
	sys_exit(EXIT_SIGNAL + signal);
}

/* While a filter with a listener is on, which may let nothing else through. */
static void end_at_once(int signal)
{
	(void)signal;
	__builtin_trap();
}

/* The kernel spares the first process of a pid namespace all signals without a handler but SIGKILL: the program is yet to
 * come, and who wants this guest to end must not have to wait for it.  execve(2) takes the handlers away. */
static void end_by_signals(void (*handler)(int signal))
{
	const struct action action = { handler, SA_RESTORER, handler, 0 }; /* it never returns */
	const int signals[] = { SIGHUP, SIGINT, SIGTERM };

	unsigned long mask = 0;

	for (int i = 0; i < 3; i++) {
		(void)sys4(SYS_rt_sigaction, signals[i], (long)&action, 0, sizeof(action.mask));
		mask |= 1ul << (signals[i] - 1);
	}
	/* launch() blocked them: whoever saw this container complete may have sent one before we came so far */
	(void)sys4(SYS_rt_sigprocmask, SIG_UNBLOCK, (long)&mask, 0, sizeof(mask));
}

/* Wait for a connection whose first message is there to be read. */
static int wait_for_start(int listen_fd)
{
	unsigned int listener = peer_uid(listen_fd);
	char byte;

	for (;;) {
		long sock = sys4(SYS_accept4, listen_fd, 0, 0, SOCK_CLOEXEC), n;

		if (sock < 0) {
			if (sock == -EINTR || sock == -ECONNABORTED)
				continue;
			return -1;
		}
		if (is_trusted((int)sock, listener)) {
			do {
				n = sys3(SYS_read, sock, (long)&byte, 1);
			} while (n == -EINTR);
			if (n == 1)
				return (int)sock;
		}
		(void)sys1(SYS_close, sock);
	}
}

/* Give up CAP_SYS_ADMIN as far as it would survive the coming execve(2); it stays effective for loading the filter. */
static long drop_admin(unsigned long what)
{
	struct cap_header header = { CAPABILITY_VERSION_3, 0 };
	struct cap_data data[2];
	long r = 0;

	if (what & CONTROL_DROP_AMBIENT)
		r = sys5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, CAP_SYS_ADMIN, 0, 0);
	if (r || !(what & CONTROL_DROP_INHERITABLE))
		return r;
	r = sys2(SYS_capget, (long)&header, (long)data);
	if (r == 0) {
		data[0].inheritable &= ~(1u << CAP_SYS_ADMIN);
		r = sys2(SYS_capset, (long)&header, (long)data);
	}
	return r;
}

static long load_filter(const unsigned long control[CONTROL_COUNT])
{
	struct sock_fprog program = { (unsigned short)control[CONTROL_INSTRUCTIONS],
				      (const void *)control[CONTROL_ADDRESS] };
	long r = drop_admin(control[CONTROL_DROP]);

	return r ? r : sys3(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (long)control[CONTROL_FLAGS], (long)&program);
}

/* A label that holds from the next execve(2) on is taken by the kernel only from the process image that calls it, through a
 * descriptor which that has opened. */
static long write_label(int dir, const char *file, const char *text)
{
	long fd = sys4(SYS_openat, dir, (long)file, O_WRONLY | O_CLOEXEC, 0), size = 0, n;

	if (fd < 0)
		return fd;
	while (text[size])
		size++;
	n = sys3(SYS_write, fd, (long)text, size);
	(void)sys1(SYS_close, fd);
	(void)sys1(SYS_close, dir);
	return n == size ? 0 : n < 0 ? n : -EIO;
}

/* What comes before the filter, which may forbid it.  With a label no_new_privs are set here: before, they would forbid it. */
static long confine(const unsigned long control[CONTROL_COUNT], char **label)
{
	long r = label ? write_label((int)control[CONTROL_LABEL], label[0], label[1]) : 0;

	return r == 0 && control[CONTROL_NO_NEW_PRIVS] ? sys5(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) : r;
}

/* ---------------------------------------------------------------- a further process of a guest */

/* struct clone_args as of its first version, which is all that is needed. */
struct clone_args {
	unsigned long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
};

/* In the process that is made: what no process can have from another. */
static long begin_life(unsigned long birth, int status_fd)
{
	char byte;
	long r = sys1(SYS_setsid, 0);

	if (r >= 0 && birth & CONTROL_BIRTH_TERMINAL)
		r = sys3(SYS_ioctl, 0, TIOCSCTTY, 0);
	if (r >= 0 && birth & CONTROL_BIRTH_WAIT && sys3(SYS_read, status_fd, (long)&byte, 1) != 1)
		sys_exit(EXIT_NOT_EXECUTED);
	return r < 0 ? r : 0;
}

/* Until here this process was in none of the guest's pid namespaces, so nobody there could look into it; its children are born
 * there.  The new process is the sibling of this one, which tells its number and ends.  Returns in the new process, or with an error. */
static long bear(unsigned long birth, int status_fd)
{
	const struct clone_args args = { CLONE_PARENT, 0, 0, 0, 0, 0, 0, 0 };
	const long none[2] = { 0, 0 };
	struct {
		int pid, zero[3];
	} message = { 0, { 0, 0, 0 } };
	long pid = sys2(SYS_clone3, (long)&args, sizeof(args));

	if (pid == 0)
		return begin_life(birth, status_fd);
	if (pid < 0)
		return pid;
	message.pid = (int)pid;
	/* with nobody there to answer for it, there must be no such process */
	if (sys6(SYS_sendto, status_fd, (long)&message, sizeof(message), MSG_NOSIGNAL, none) < 0)
		(void)sys2(SYS_kill, pid, SIGKILL);
	sys_exit(0);
}

/* ---------------------------------------------------------------- with a filter that has a listener */

static long pass_call(const struct pass *pass, long nr, long a, long b, long c, long d)
{
	return sys6(nr, a, b, c, d, pass->secret);
}

static _Noreturn void pass_exit(const struct pass *pass, int status)
{
	if (pass)
		(void)pass_call(pass, SYS_exit_group, status, 0, 0, 0);
	sys_exit(status);
}

/* Send a packet, with a descriptor unless fd is negative.  Returns 1, or a negative errno. */
static long pass_send(const struct pass *pass, int sock, void *data, unsigned long size, int fd)
{
	struct control_message rights = { sizeof(rights) - sizeof(int), SOL_SOCKET, SCM_RIGHTS, fd, 0 };
	struct iovec iov = { data, size };
	struct message message = { 0, 0, &iov, 1, fd < 0 ? 0 : &rights, fd < 0 ? 0 : sizeof(rights), 0, 0, 0 };
	long r;

	do {
		r = pass_call(pass, SYS_sendmmsg, sock, (long)&message, 1, MSG_NOSIGNAL);
	} while (r == -EINTR);
	return r;
}

static long pass_receive(const struct pass *pass, int sock)
{
	char byte;
	struct iovec iov = { &byte, 1 };
	long r;

	do {
		r = pass_call(pass, SYS_readv, sock, (long)&iov, 1, 0);
	} while (r == -EINTR);
	return r;
}

/* The program may not run before those who answer for it have the listener: the host side says so with a byte. */
static long hand_over(const struct pass *pass, int sock, int listener)
{
	char byte = 0;
	long r = pass_send(pass, sock, &byte, 1, listener);

	if (r == 1)
		r = pass_receive(pass, sock);
	if (r != 1)
		return r < 0 ? r : -EPIPE;
	/* as long as somebody has it, a call that nobody answers waits, rather than fail with ENOSYS */
	return pass_call(pass, SYS_close_range, listener, listener, 0, 0);
}

/* ---------------------------------------------------------------- the whole */

/* Without a pass write(2) rather than send(2): a filter that is already loaded may allow little, and this is likeliest. */
static void report(const struct pass *pass, int status_fd, long error, int stage)
{
	struct {
		int number, stage;
	} failure = { (int)-error, stage };
	char byte;

	if (pass && pass_send(pass, status_fd, &failure, sizeof(failure), -1) == 1) {
		while (pass_receive(pass, status_fd) > 0)
			;
		return;
	}
	if (sys3(SYS_write, status_fd, (long)&failure, sizeof(failure)) != sizeof(failure))
		return;
	while (sys3(SYS_read, status_fd, (long)&byte, 1) > 0)
		;
}

static void keep_from_program(int fd)
{
	if (fd >= 0)
		(void)sys3(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
}

/* Returns the status socket. */
static int await_start(const unsigned long control[CONTROL_COUNT])
{
	int listen_fd = (int)control[CONTROL_LISTEN], status_fd = (int)control[CONTROL_STATUS];

	if (listen_fd < 0) {
		keep_from_program(status_fd);
		return status_fd;
	}
	end_by_signals(end);
	status_fd = wait_for_start(listen_fd);
	if (status_fd < 0)
		sys_exit(EXIT_NOT_EXECUTED);
	(void)sys1(SYS_close, listen_fd);
	return status_fd;
}

/* Load a filter that has a listener, and hand that over.  *ret_pass: what is needed for calls from then on; stays as it is if
 * the filter could not be loaded. */
static long load_listened(const unsigned long control[CONTROL_COUNT], int status_fd, const struct pass **ret_pass)
{
	int handover_fd = (int)control[CONTROL_HANDOVER];
	long listener;

	keep_from_program(handover_fd);
	if ((int)control[CONTROL_LISTEN] >= 0)
		end_by_signals(end_at_once);
	listener = load_filter(control);
	if (listener < 0)
		return listener;
	*ret_pass = (const struct pass *)(control[CONTROL_ADDRESS] + 8 * control[CONTROL_INSTRUCTIONS]);
	return hand_over(*ret_pass, handover_fd >= 0 ? handover_fd : status_fd, (int)listener);
}

__attribute__((used)) _Noreturn void launcher(char **stack)
{
	long argc = (long)stack[0], r = 0;
	char **argv = stack + 1, **envp = argv + argc + 1, **label = 0, **program = argv + 2;
	unsigned long control[CONTROL_COUNT];
	int stage = CONTROL_STAGE_LABEL, status_fd;
	const struct pass *pass = 0;

	(void)sys5(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0); /* cannot fail; execve(2) sets it again */
	if (argc < 4 || parse(argv[1], control) < 0)
		sys_exit(EXIT_NOT_EXECUTED);
	if (control[CONTROL_LABEL] != CONTROL_NONE) {
		if (argc < 6)
			sys_exit(EXIT_NOT_EXECUTED);
		label = argv + 2;
		program = argv + 4;
	}
	status_fd = await_start(control);
	r = confine(control, label);
	if (r == 0 && control[CONTROL_BIRTH]) {
		stage = CONTROL_STAGE_BIRTH;
		r = bear(control[CONTROL_BIRTH], status_fd);
	}
	if (r == 0 && control[CONTROL_INSTRUCTIONS]) {
		stage = CONTROL_STAGE_SECCOMP;
		if (control[CONTROL_FLAGS] & SECCOMP_NEW_LISTENER)
			r = load_listened(control, status_fd, &pass);
		else
			r = load_filter(control);
	}
	if (r == 0) {
		stage = CONTROL_STAGE_EXEC;
		r = sys3(SYS_execve, (long)program[0], (long)(program + 1), (long)envp);
	}
	if (status_fd >= 0)
		report(pass, status_fd, r, stage);
	pass_exit(pass, EXIT_NOT_EXECUTED);
}
