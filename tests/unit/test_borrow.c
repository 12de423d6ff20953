/* A process in the memory of its parent, which stands still. */
#include "base/borrow.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/proc.h"
#include "unit.h"

struct shared {
	int written;
	int fd;
};

static void write_and_exit(void *data)
{
	struct shared *shared = data;
	char deep[64 << 10]; /* its own stack has room */

	memset(deep, 1, sizeof(deep));
	shared->written = deep[100] + (int)sizeof(deep);
	(void)close(shared->fd);
	_exit(7);
}

static void execute(void *data)
{
	char *const argv[] = { (char *)"sh", (char *)"-c", (char *)"exit 9", NULL };

	(void)data;
	(void)execv("/bin/sh", argv);
	_exit(1);
}

static int status_of(pid_t pid)
{
	int status = -1;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void it_writes_to_the_callers_memory_and_has_its_own_descriptors(void)
{
	const struct clone_args args = { .exit_signal = SIGCHLD };
	struct shared shared = { .fd = dup(0) };
	pid_t pid;

	if (!borrow_is_possible()) {
		unit_skip("not with a sanitizer, or not on this architecture");
		return;
	}
	pid = borrow_clone(&args, write_and_exit, &shared);
	CHECK(pid > 0);
	CHECK(shared.written == 1 + (64 << 10));
	CHECK(fcntl(shared.fd, F_GETFD) >= 0);
	CHECK(status_of(pid) == 7);
	(void)close(shared.fd);
}

static void it_may_execute_a_program(void)
{
	int pidfd = -1, status = 0;
	const struct clone_args args = { .flags = CLONE_PIDFD,
					 .pidfd = (uint64_t)(uintptr_t)&pidfd,
					 .exit_signal = SIGCHLD };
	pid_t pid;

	if (!borrow_is_possible()) {
		unit_skip("not with a sanitizer, or not on this architecture");
		return;
	}
	pid = borrow_clone(&args, execute, NULL);
	CHECK(pid > 0 && pidfd >= 0);
	CHECK(proc_reap(pid, pidfd, 10000, &status) == 0);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 9);
	(void)close(pidfd);
}

static void a_failure_is_told_by_errno(void)
{
	const struct clone_args args = { .flags = CLONE_THREAD, .exit_signal = SIGCHLD };

	errno = 0;
	CHECK(borrow_clone(&args, execute, NULL) == -1);
	CHECK(errno == (borrow_is_possible() ? EINVAL : ENOSYS));
}

static void a_child_is_reaped_in_time_or_not(void)
{
	int status = 0, pidfd;
	pid_t pid = fork();

	if (pid == 0) {
		(void)pause();
		_exit(0);
	}
	pidfd = sys_pidfd_open(pid, 0);
	CHECK(pidfd >= 0);
	CHECK(proc_reap(pid, pidfd, 0, &status) == 1);
	CHECK(proc_reap(pid, pidfd, 20, &status) == 1);
	CHECK(kill(pid, SIGTERM) == 0);
	CHECK(proc_reap(pid, pidfd, 10000, &status) == 0);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	CHECK(proc_reap(pid, pidfd, 0, &status) == -ECHILD);
	(void)close(pidfd);
}

static const struct unit_test tests[] = {
	TEST(it_writes_to_the_callers_memory_and_has_its_own_descriptors),
	TEST(it_may_execute_a_program),
	TEST(a_failure_is_told_by_errno),
	TEST(a_child_is_reaped_in_time_or_not),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
