#include "child.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

bool in_child(bool (*child)(void))
{
	int status = 0;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		bool fine = child() && !unit_has_failed();

		(void)fflush(stdout);
		_exit(fine ? 0 : 1);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool is_root(void)
{
	if (geteuid() == 0)
		return true;
	unit_skip("needs root");
	return false;
}

bool file_is(const char *path, const char *wanted)
{
	char text[128] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	(void)!read(fd, text, sizeof(text) - 1);
	(void)close(fd);
	text[strcspn(text, "\n")] = '\0';
	return CHECK_STR(text, wanted);
}
