/* The launcher with a filter that has a listener: what it hands over, and when it goes on. */
#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "launched.h"
#include "unit.h"

/* uname(2) is notified. */
static struct sock_filter notify_uname[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_uname, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
/* Nothing is allowed: what the launcher does, it does by its pass. */
static struct sock_filter refuse_all[] = {
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENAMETOOLONG),
};
static const struct seccomp_filter with_uname = { notify_uname, 4, SECCOMP_FILTER_FLAG_NEW_LISTENER },
				   with_nothing = { refuse_all, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER };

struct started {
	pid_t pid;
	int sock, output;
};

/* On a status socket; *ret_listener: what came. */
static bool start(const struct seccomp_filter *filter, struct started *ret, int *ret_listener)
{
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"uname 2>&1; exit 4"));
	int sock[2];
	char byte;

	if (!CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) == 0))
		return false;
	l.filter = filter;
	l.status_fd = sock[1];
	ret->pid = launched_start(&l, 0, &ret->output);
	ret->sock = sock[0];
	(void)close(sock[1]);
	return CHECK(fd_receive(ret->sock, &byte, 1, ret_listener) == 1 && *ret_listener >= 0);
}

/* Answer each call with ENAMETOOLONG, until there is nobody left to call. */
static void answer(int listener)
{
	struct pollfd fd = { .fd = listener, .events = POLLIN };

	while (poll(&fd, 1, 5000) > 0 && fd.revents & POLLIN) {
		struct seccomp_notif call = { 0 };
		struct seccomp_notif_resp response = { 0 };

		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call) < 0)
			return;
		response.id = call.id;
		response.error = -ENAMETOOLONG;
		CHECK(call.data.nr == SYS_uname && ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0);
	}
}

static void the_program_runs_when_somebody_has_the_listener(void)
{
	struct started s;
	autofd listener = -1;
	char text[LAUNCHED_TEXT], byte;
	struct pollfd wait;

	if (!start(&with_uname, &s, &listener))
		return;
	wait = (struct pollfd){ .fd = s.sock, .events = POLLIN };
	CHECK(poll(&wait, 1, 100) == 0);
	CHECK(fd_send(s.sock, "", 1, -1) == 0);
	CHECK(read(s.sock, &byte, 1) == 0);
	answer(listener);
	CHECK(launched_finish(s.pid, s.output, text) == 4);
	CHECK_HAS(text, "File name too long");
	(void)close(s.sock);
}

static void without_an_answer_it_ends(void)
{
	struct started s;
	autofd listener = -1;
	char text[LAUNCHED_TEXT];

	if (!start(&with_uname, &s, &listener))
		return;
	(void)close(s.sock);
	CHECK(launched_finish(s.pid, s.output, text) == 127);
	CHECK_STR(text, "");
}

static void the_launcher_keeps_no_listener(void)
{
	struct started s;
	int listener = -1;
	char text[LAUNCHED_TEXT], byte;

	if (!start(&with_uname, &s, &listener))
		return;
	/* nobody has it then, and so nobody is waited for */
	(void)close(listener);
	CHECK(fd_send(s.sock, "", 1, -1) == 0);
	CHECK(read(s.sock, &byte, 1) == 0);
	CHECK(launched_finish(s.pid, s.output, text) == 4);
	CHECK_HAS(text, "Function not implemented");
	(void)close(s.sock);
}

static void a_filter_that_allows_nothing_hinders_neither_the_handover_nor_the_report(void)
{
	struct launch_failure failure = { 0 };
	struct started s;
	autofd listener = -1;
	char text[LAUNCHED_TEXT];

	if (!start(&with_nothing, &s, &listener))
		return;
	CHECK(fd_send(s.sock, "", 1, -1) == 0);
	CHECK(read(s.sock, &failure, sizeof(failure)) == sizeof(failure));
	CHECK(failure.stage == LAUNCH_EXEC && failure.number == ENAMETOOLONG);
	CHECK(waitpid(s.pid, NULL, WNOHANG) == 0);
	(void)close(s.sock);
	CHECK(launched_finish(s.pid, s.output, text) == 127);
}

static void the_listener_may_go_another_way_than_the_status(void)
{
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"ls /proc/self/fd | tr '\\n' ' '"));
	int sock[2];
	pid_t pid;
	char byte, text[LAUNCHED_TEXT];
	autofd listener = -1;
	int output;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) == 0);
	l.filter = &with_uname;
	l.handover_fd = sock[1];
	pid = launched_start(&l, 0, &output);
	(void)close(sock[1]);
	CHECK(fd_receive(sock[0], &byte, 1, &listener) == 1 && listener >= 0);
	CHECK(fd_send(sock[0], "", 1, -1) == 0);
	CHECK(read(sock[0], &byte, 1) == 0);
	CHECK(launched_finish(pid, output, text) == 0);
	CHECK_STR(text, "0 1 2 3 ");
	(void)close(sock[0]);
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(the_program_runs_when_somebody_has_the_listener),
		TEST(without_an_answer_it_ends),
		TEST(the_launcher_keeps_no_listener),
		TEST(a_filter_that_allows_nothing_hinders_neither_the_handover_nor_the_report),
		TEST(the_listener_may_go_another_way_than_the_status),
		TEST_END,
	};

	(void)close_range(3, ~0U, 0);
	return unit_run(tests);
}
