/* The launcher for real: each case forks a guest side that becomes it. */
#include "process/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "launched.h"
#include "unit.h"

static void the_program_gets_its_arguments_and_environment(void)
{
	char *const *argv = ARGS((char *)"name", (char *)"-c", (char *)"echo \"$0,$1\"; echo $ONLY; exit 7",
				 (char *)"a b", (char *)"");
	struct launch l = launched_shell(argv);
	char text[4096];

	CHECK(launched_run(&l, text) == 7);
	CHECK_STR(text, "a b,\nthis\n");
}

static void the_filter_holds_in_the_program(void)
{
	struct launch l =
		launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"uname 2>&1; grep Seccomp: /proc/self/status"));
	char text[4096];

	l.filter = &launched_filter;
	(void)launched_run(&l, text);
	CHECK_HAS(text, "File name too long");
	CHECK_HAS(text, "Seccomp:\t2");
}

static void a_filter_of_the_greatest_size_is_loaded(void)
{
	static struct sock_filter big[BPF_MAXINSNS];
	struct seccomp_filter long_filter = { big, BPF_MAXINSNS, 0 };
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"uname 2>&1; exit 3"));
	char text[4096];

	for (int i = 0; i < BPF_MAXINSNS; i++)
		big[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	memcpy(&big[BPF_MAXINSNS - 4], launched_filter.instructions, 4 * sizeof(big[0]));
	l.filter = &long_filter;
	CHECK(launched_run(&l, text) == 3);
	CHECK_HAS(text, "File name too long");
}

static void another_user_may_be_launched(void)
{
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"id -u; uname 2>&1"));
	char text[4096];

	if (geteuid() != 0) {
		unit_skip("needs root");
		return;
	}
	l.filter = &launched_filter;
	(void)launched_run_as(&l, 12345, text);
	CHECK_HAS(text, "12345\n");
	CHECK_HAS(text, "File name too long");
}

static void no_descriptor_is_left_over(void)
{
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"ls /proc/self/fd | tr '\\n' ' '"));
	char text[4096];
	autofd kept = dup(0), closed = fcntl(0, F_DUPFD_CLOEXEC, 50), listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	char want[64];

	l.filter = &launched_filter;
	CHECK(fcntl(listener, F_SETFD, FD_CLOEXEC) == 0);
	(void)closed;
	CHECK(launched_run(&l, text) == 0);
	/* ls itself has one more open, the lowest that is free */
	(void)snprintf(want, sizeof(want), "0 1 2 %d %d ", kept, kept + 1);
	CHECK_STR(text, want);
}

static void launch_failures_come_over_the_status_socket(void)
{
	struct launch l = launched_shell(ARGS((char *)"x"));
	struct launch_failure failure;
	int sock[2], output;
	char text[4096];
	pid_t pid;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) == 0);
	l.path = "/nonexistent/x";
	l.status_fd = sock[1];
	pid = launched_start(&l, 0, &output);
	(void)close(sock[1]);
	CHECK(read(sock[0], &failure, sizeof(failure)) == sizeof(failure));
	CHECK(failure.number == ENOENT);
	CHECK(failure.stage == LAUNCH_EXEC);
	/* it waits until we have looked around */
	CHECK(waitpid(pid, NULL, WNOHANG) == 0);
	(void)close(sock[0]);
	CHECK(launched_finish(pid, output, text) == 127);
}

static void a_filter_that_the_kernel_refuses_is_told(void)
{
	static struct sock_filter wrong[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 1) };
	struct seccomp_filter wrong_filter = { wrong, 1, 0 };
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"echo ran"));
	struct launch_failure failure = { 0 };
	int sock[2], output;
	char text[4096];
	pid_t pid;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) == 0);
	l.filter = &wrong_filter;
	l.status_fd = sock[1];
	pid = launched_start(&l, 0, &output);
	(void)close(sock[1]);
	CHECK(read(sock[0], &failure, sizeof(failure)) == sizeof(failure));
	CHECK(failure.number == EINVAL);
	CHECK(failure.stage == LAUNCH_SECCOMP);
	(void)close(sock[0]);
	CHECK(launched_finish(pid, output, text) == 127);
	CHECK_STR(text, "");
}

static void success_closes_the_status_socket(void)
{
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"read x; ls /proc/self/fd | wc -l"));
	int sock[2], output;
	char text[4096], byte;
	pid_t pid;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) == 0);
	l.status_fd = sock[1];
	pid = launched_start(&l, 0, &output);
	(void)close(sock[1]);
	CHECK(read(sock[0], &byte, 1) == 0);
	(void)close(sock[0]);
	CHECK(launched_finish(pid, output, text) == 0);
}

static void the_program_may_run_in_a_new_process(void)
{
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c",
					      (char *)"echo $$; ps -o sid= -p $$; ls /proc/self/fd | wc -l; exit 5"));
	struct launch_birth birth = { 0 };
	char text[4096], want[64], byte = 0;
	int sock[2], output, status = 0;
	pid_t pid;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) == 0);
	l.status_fd = sock[1];
	l.birth = LAUNCH_BIRTH_PLAIN | LAUNCH_BIRTH_WAIT;
	pid = launched_start(&l, 0, &output);
	(void)close(sock[1]);
	CHECK(read(sock[0], &birth, sizeof(birth)) == sizeof(birth));
	/* the launcher is gone, and the new process, which waits, is our child in its place */
	CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	CHECK(birth.pid > 0 && waitpid(birth.pid, NULL, WNOHANG) == 0);
	CHECK(write(sock[0], "", 1) == 1);
	CHECK(read(sock[0], &byte, 1) == 0);
	CHECK(launched_finish(birth.pid, output, text) == 5);
	(void)snprintf(want, sizeof(want), "%d\n", birth.pid);
	CHECK_HAS(text, want);
	CHECK(strtol(strchr(text, '\n'), NULL, 10) == birth.pid); /* leader of its session */
	CHECK_HAS(text, "\n4\n");
	(void)close(sock[0]);
}

static void no_new_process_stays_when_nobody_hears_of_it(void)
{
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"sleep 5; echo ran"));
	char text[4096];
	int sock[2], output;
	pid_t pid;

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sock) == 0);
	l.status_fd = sock[1];
	l.birth = LAUNCH_BIRTH_PLAIN;
	(void)close(sock[0]);
	pid = launched_start(&l, 0, &output);
	(void)close(sock[1]);
	/* its standard output ends when the last of them does */
	CHECK(launched_finish(pid, output, text) == 0);
	CHECK_STR(text, "");
	while (waitpid(-1, NULL, 0) > 0)
		;
}

/* ---------------------------------------------------------------- waiting for start */

struct listener {
	int fd;
	struct sockaddr_un address;
	char dir[64];
};

static bool listener_open(struct listener *l)
{
	strcpy(l->dir, "/tmp/test_launch.XXXXXX");
	if (!mkdtemp(l->dir) || chmod(l->dir, 0755) < 0)
		return false;
	l->address.sun_family = AF_UNIX;
	(void)snprintf(l->address.sun_path, sizeof(l->address.sun_path), "%s/s", l->dir);
	l->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	return l->fd >= 0 && bind(l->fd, (struct sockaddr *)&l->address, sizeof(l->address)) == 0 &&
	       chmod(l->address.sun_path, 0777) == 0 && listen(l->fd, 5) == 0;
}

static void listener_close(struct listener *l)
{
	(void)close(l->fd);
	(void)unlink(l->address.sun_path);
	(void)rmdir(l->dir);
}

static int dial(const struct listener *l)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	return connect(fd, (const struct sockaddr *)&l->address, sizeof(l->address)) == 0 ? fd : -1;
}

static void the_launcher_waits_until_it_is_told(void)
{
	struct launch l =
		launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"echo ran; ls /proc/self/fd | wc -l"));
	struct listener listener;
	struct pollfd wait;
	char text[4096], byte = 0;
	int output, first, second;
	pid_t pid;

	CHECK(listener_open(&listener));
	l.listen_fd = listener.fd;
	l.filter = &launched_filter;
	pid = launched_start(&l, 0, &output);
	first = dial(&listener);
	CHECK(first >= 0);
	(void)close(first); /* somebody who changed his mind */
	second = dial(&listener);
	CHECK(second >= 0);
	wait = (struct pollfd){ .fd = output, .events = POLLIN };
	CHECK(poll(&wait, 1, 100) == 0);
	CHECK(write(second, "", 1) == 1);
	CHECK(read(second, &byte, 1) == 0);
	(void)close(second);
	CHECK(launched_finish(pid, output, text) == 0);
	CHECK_STR(text, "ran\n4\n");
	listener_close(&listener);
}

static void a_failure_after_the_wait_is_told(void)
{
	struct launch l = launched_shell(ARGS((char *)"x"));
	struct launch_failure failure = { 0 };
	struct listener listener;
	char text[4096];
	int output, sock;
	pid_t pid;

	CHECK(listener_open(&listener));
	l.path = "/dev/null";
	l.listen_fd = listener.fd;
	pid = launched_start(&l, 0, &output);
	sock = dial(&listener);
	CHECK(write(sock, "", 1) == 1);
	CHECK(read(sock, &failure, sizeof(failure)) == sizeof(failure));
	CHECK(failure.number == EACCES && failure.stage == LAUNCH_EXEC);
	(void)close(sock);
	CHECK(launched_finish(pid, output, text) == 127);
	listener_close(&listener);
}

static void strangers_are_turned_away(void)
{
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"echo ran"));
	struct listener listener;
	char text[4096];
	int output, sock, status = 0;
	pid_t pid, stranger;

	if (geteuid() != 0) {
		unit_skip("needs root");
		return;
	}
	CHECK(listener_open(&listener));
	l.listen_fd = listener.fd;
	pid = launched_start(&l, 12345, &output);
	(void)fflush(stdout);
	stranger = fork();
	if (stranger == 0) {
		char byte;

		if (setresuid(4444, 4444, 4444) < 0 || (sock = dial(&listener)) < 0)
			_exit(1);
		/* turned away, before or after it was sent */
		_exit(send(sock, "", 1, MSG_NOSIGNAL) < 0 || read(sock, &byte, 1) <= 0 ? 0 : 2);
	}
	CHECK(waitpid(stranger, &status, 0) == stranger && status == 0);
	CHECK(waitpid(pid, NULL, WNOHANG) == 0);
	sock = dial(&listener);
	CHECK(write(sock, "", 1) == 1);
	CHECK(launched_finish(pid, output, text) == 0);
	CHECK_STR(text, "ran\n");
	(void)close(sock);
	listener_close(&listener);
}

static void a_waiting_launcher_is_small_and_tells_nothing(void)
{
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"exit 0"));
	struct listener listener;
	char path[64], text[4096], data[4096] = "";
	int output, sock;
	autofd status = -1;
	struct stat st;
	const char *rss;
	pid_t pid;

	CHECK(listener_open(&listener));
	l.listen_fd = listener.fd;
	pid = launched_start(&l, geteuid() == 0 ? 12345 : 0, &output);
	/* it is the launcher as soon as its memory is small */
	for (int i = 0; i < 200; i++) {
		(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
		status = open(path, O_RDONLY | O_CLOEXEC);
		data[fd_read_all(status, data, sizeof(data) - 1)] = '\0';
		(void)close(take_fd(&status));
		if (strstr(data, "State:\tS") && !strstr(data, "Name:\ttest_launch"))
			break;
		(void)usleep(10000);
	}
	rss = strstr(data, "VmRSS:");
	if (CHECK(rss))
		CHECK(strtol(rss + 6, NULL, 10) <= 64);
	/* not dumpable: its files in procfs are root's */
	(void)snprintf(path, sizeof(path), "/proc/%d/environ", (int)pid);
	CHECK(stat(path, &st) == 0 && (geteuid() != 0 || st.st_uid == 0));
	sock = dial(&listener);
	CHECK(write(sock, "", 1) == 1);
	CHECK(launched_finish(pid, output, text) == 0);
	(void)close(sock);
	listener_close(&listener);
}

/* ---------------------------------------------------------------- attacks and limits */

static void a_script_that_names_the_own_executable_finds_only_the_launcher(void)
{
	char script[] = "/tmp/test_launch_script.XXXXXX";
	int fd = mkstemp(script);
	struct launch l = launched_shell(ARGS((char *)"x", (char *)"1:2:3:4:5:6:7:8:0"));
	char text[4096];

	/* the launcher runs again, with a control argument that is the script's path, and gives up */
	CHECK(dprintf(fd, "#!/proc/self/exe\n") > 0 && fchmod(fd, 0755) == 0 && close(fd) == 0);
	l.path = script;
	CHECK(launched_run(&l, text) == 127);
	CHECK_STR(text, "");
	(void)unlink(script);
}

static void the_launcher_cannot_be_written(void)
{
	char path[64];
	struct err err;
	int fd = -1;
	autofd again = -1;

	if (!CHECK(launch_open(&launched_filter, &fd, &err) == 0))
		return;
	CHECK(write(fd, "x", 1) < 0 && errno == EPERM);
	CHECK(ftruncate(fd, 0) < 0 && errno == EPERM);
	CHECK(mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0) == MAP_FAILED);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	CHECK(again < 0 || (write(again, "x", 1) < 0 && errno == EPERM));
	CHECK(fcntl(fd, F_ADD_SEALS, 0) < 0 && errno == EPERM);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	(void)close(fd);
}

static void a_program_made_before_a_limit_on_file_sizes_serves(void)
{
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"uname 2>&1; exit 5"));
	const struct rlimit none = { 0, RLIM_INFINITY };
	struct rlimit before;
	char text[4096];
	struct err err;

	l.filter = &launched_filter;
	CHECK(getrlimit(RLIMIT_FSIZE, &before) == 0);
	if (!CHECK(launch_open(&launched_filter, &l.program_fd, &err) == 0))
		return;
	CHECK(setrlimit(RLIMIT_FSIZE, &none) == 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	CHECK(launched_run(&l, text) == 5);
	l.program_fd = 0;
	CHECK(launched_run(&l, text) == 92);
	CHECK_HAS(text, "write the launcher: File too large");
	CHECK(setrlimit(RLIMIT_FSIZE, &before) == 0);
	(void)signal(SIGXFSZ, SIG_DFL);
}

static void too_many_arguments_are_an_error_before_the_start(void)
{
	static char *argv[2000], big[100000];
	struct launch l = launched_shell(argv);
	char text[4096];

	memset(big, 'x', sizeof(big) - 1);
	for (size_t i = 0; i < 1999; i++)
		argv[i] = big;
	CHECK(launched_run(&l, text) == 92);
	CHECK_STR(text, "execute the launcher: Argument list too long");
}

static void garbage_instead_of_a_control_argument_is_refused(void)
{
	static const char *const controls[] = {
		"",
		"1",
		"1:2:3:4:5:6:7:8",
		"1:2:3:4:5:6:7:8:9:10",
		"a:b:c:d:e:f:g:h:i",
		"-1:-1:0:0:0:0:0:0:0",
		"1:2:3:4:5:6:7:8:9 ",
		"99999999999999999999:1:1:1:1:1:1:4294967295:0",
		"4294967295:4294967295:4294967295:0:0:0:0:3:0", /* a label, but no room for one */
	};

	for (size_t i = 0; i < sizeof(controls) / sizeof(controls[0]); i++) {
		struct err err;
		int fd = -1, status = 0;
		pid_t pid;

		CHECK(launch_open(NULL, &fd, &err) == 0);
		(void)fflush(stdout);
		pid = fork();
		if (pid == 0) {
			char *const argv[] = { (char *)"l", (char *)(uintptr_t)controls[i], (char *)"/bin/true",
					       (char *)"true", NULL };

			(void)syscall(SYS_execveat, fd, "", argv, launched_environment, AT_EMPTY_PATH);
			_exit(1);
		}
		CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 127);
		(void)close(fd);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(the_program_gets_its_arguments_and_environment),
		TEST(the_filter_holds_in_the_program),
		TEST(a_filter_of_the_greatest_size_is_loaded),
		TEST(another_user_may_be_launched),
		TEST(no_descriptor_is_left_over),
		TEST(launch_failures_come_over_the_status_socket),
		TEST(a_filter_that_the_kernel_refuses_is_told),
		TEST(the_program_may_run_in_a_new_process),
		TEST(no_new_process_stays_when_nobody_hears_of_it),
		TEST(success_closes_the_status_socket),
		TEST(the_launcher_waits_until_it_is_told),
		TEST(a_failure_after_the_wait_is_told),
		TEST(strangers_are_turned_away),
		TEST(a_waiting_launcher_is_small_and_tells_nothing),
		TEST(a_script_that_names_the_own_executable_finds_only_the_launcher),
		TEST(the_launcher_cannot_be_written),
		TEST(a_program_made_before_a_limit_on_file_sizes_serves),
		TEST(too_many_arguments_are_an_error_before_the_start),
		TEST(garbage_instead_of_a_control_argument_is_refused),
		TEST_END,
	};

	/* whatever this was started with must not be taken for a leak */
	(void)close_range(3, ~0U, 0);
	return unit_run(tests);
}
