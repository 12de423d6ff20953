/* System calls and memory of a command, counted by ptrace(2): a process stops at each entry and exit of a system call,
 * and once more when it ends, where its memory can still be read. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

static long peak_of(pid_t pid)
{
	char path[64], line[256];
	long peak = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "VmHWM: %ld", &peak) == 1)
			break;
	if (file)
		fclose(file);
	return peak;
}

static pid_t traced_spawn(const struct bench *bench, char *const *args)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	dup2(bench->null_fd, 0);
	dup2(bench->null_fd, 1);
	dup2(bench->err_fd, 2);
	raise(SIGSTOP);
	execv(args[0], args);
	_exit(127);
}

/* Whether a stop is one of a system call's entry alternates with its exit, for each process. */
struct seen {
	pid_t pid;
	bool inside;
};

static bool is_entry(struct seen *seen, size_t room, pid_t pid)
{
	for (size_t i = 0; i < room; i++) {
		if (seen[i].pid == 0)
			seen[i].pid = pid;
		if (seen[i].pid == pid) {
			seen[i].inside = !seen[i].inside;
			return seen[i].inside;
		}
	}
	return false;
}

int trace_run(const struct bench *bench, char *const *args, long *ret_peak, long *ret_syscalls)
{
	const long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEEXIT | PTRACE_O_TRACEEXEC;
	struct seen seen[256] = { 0 };
	pid_t first = traced_spawn(bench, args);
	int status;

	*ret_peak = 0;
	*ret_syscalls = 0;
	if (first < 0 || waitpid(first, &status, WUNTRACED) < 0 || ptrace(PTRACE_SEIZE, first, 0, options) < 0)
		return -1;
	kill(first, SIGCONT);
	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		int event, deliver = 0;

		if (pid < 0)
			return -1;
		if (!WIFSTOPPED(status)) {
			if (pid == first)
				break;
			continue;
		}
		event = status >> 16;
		if (WSTOPSIG(status) == (SIGTRAP | 0x80))
			*ret_syscalls += is_entry(seen, sizeof(seen) / sizeof(*seen), pid);
		else if (event == PTRACE_EVENT_EXIT && pid == first)
			*ret_peak = peak_of(pid);
		else if (event == 0 && WSTOPSIG(status) != SIGSTOP)
			deliver = WSTOPSIG(status);
		/* a group stop is not kept: nothing measured here stops itself on purpose */
		ptrace(PTRACE_SYSCALL, pid, 0, deliver);
	}
	return status;
}
