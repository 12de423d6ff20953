#include "launched.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"

char *const launched_environment[] = { (char *)"ONLY=this", NULL };

static struct sock_filter deny_uname[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_uname, 0, 1),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENAMETOOLONG),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
};
const struct seccomp_filter launched_filter = { deny_uname, sizeof(deny_uname) / sizeof(deny_uname[0]), 0 };

pid_t launched_start(const struct launch *launch_options, uid_t uid, int *ret_output)
{
	int output[2];
	pid_t pid;

	if (pipe2(output, O_CLOEXEC) < 0)
		return -1;
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct err err;

		if (dup2(output[1], STDOUT_FILENO) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
			_exit(90);
		if (uid && setresuid(uid, uid, uid) < 0)
			_exit(91);
		launch(launch_options, &err);
		dprintf(STDOUT_FILENO, "%s", err.text);
		_exit(92);
	}
	(void)close(output[1]);
	*ret_output = output[0];
	return pid;
}

int launched_finish(pid_t pid, int output, char text[LAUNCHED_TEXT])
{
	ssize_t n = fd_read_all(output, text, LAUNCHED_TEXT - 1);
	int status = -1;

	text[n > 0 ? n : 0] = '\0';
	(void)close(output);
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

int launched_run_as(const struct launch *launch_options, uid_t uid, char text[LAUNCHED_TEXT])
{
	int output = -1;
	pid_t pid = launched_start(launch_options, uid, &output);

	return launched_finish(pid, output, text);
}

int launched_run(const struct launch *launch_options, char text[LAUNCHED_TEXT])
{
	return launched_run_as(launch_options, 0, text);
}

struct launch launched_shell(char *const *argv)
{
	return (struct launch){
		.path = "/bin/sh", .argv = argv, .envp = launched_environment, .listen_fd = -1, .status_fd = -1
	};
}
