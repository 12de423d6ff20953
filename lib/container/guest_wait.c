/* A guest side that waits itself, where there is no launcher to do it. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/log.h"
#include "container/guest.h"
#include "container/run.h"

/* /proc/PID/environ shows what lies on the stack, where the kernel put the caller's environment.  What was set later lies
 * elsewhere, perhaps in memory that cannot be written. */
static void forget_environment(void)
{
	const uintptr_t begin = getauxval(AT_RANDOM), end = getauxval(AT_EXECFN);

	for (char **item = environ; item && *item; item++)
		if ((uintptr_t)*item > begin && (uintptr_t)*item < end)
			memset(*item, 0, strlen(*item));
}

/* Wait without the launcher: end of file tells the host side that the guest is ready.  What else is open of the host's would
 * stay so while this process waits, in sight of the guest's other processes. */
static void leave_host(struct run *run)
{
	*run->progress = PROGRESS_READY;
	log_close();
	auto_close(&run->cgroup);
	auto_close(&run->terminal);
	auto_close(&run->wire);
	run->cgroup = run->terminal = run->wire = -1;
	forget_environment();
}

static _Noreturn void end(int number)
{
	_exit(128 + number);
}

/* As the launcher does: the kernel spares the first process of a pid namespace signals without a handler.  Before the host side
 * is told that this one waits, as somebody may send one then. */
static void end_by_signals(void)
{
	(void)signal(SIGHUP, end);
	(void)signal(SIGINT, end);
	(void)signal(SIGTERM, end);
}

int guest_wait_for_kill(struct run *run, struct err *err)
{
	(void)err;
	auto_close(&run->listen);
	end_by_signals();
	leave_host(run);
	for (;;)
		(void)pause();
	return 0;
}

int guest_await_start(struct run *run, struct err *err)
{
	char byte;
	ssize_t n;

	end_by_signals();
	leave_host(run);
	do {
		auto_close(&run->start_connection);
		run->start_connection = accept4(run->listen, NULL, NULL, SOCK_CLOEXEC);
		if (run->start_connection < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for start");
		n = run->start_connection < 0 ? 0 : recv(run->start_connection, &byte, 1, 0);
	} while (n != 1);
	/* the socket stays until the launch: so long the container counts as created */
	run->wire = run->start_connection;
	return 0;
}
