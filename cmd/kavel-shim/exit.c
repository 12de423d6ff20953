#include "exit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/sys.h"
#include "detach.h"

static int write_code(const char *folder, const char *name, int code, struct err *err)
{
	autofd dir = -1;
	char text[16];
	int size = snprintf(text, sizeof(text), "%d", code);

	if (!folder)
		return 0;
	dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, errno, "open %s", folder);
	return file_replace(dir, name, text, (size_t)size, 0644, err);
}

int exit_write_files(const struct shim_settings *settings, int code, struct err *err)
{
	int r = write_code(settings->persist_dir, "exit", code, err);

	return r < 0 ? r : write_code(settings->exit_dir, settings->id, code, err);
}

static _Noreturn void execute(const struct shim_settings *settings)
{
	const struct option_list *args = &settings->exit_command_args;
	autofree const char **words = calloc(args->count + 2, sizeof(*words));
	const struct timespec delay = { .tv_sec = (time_t)settings->exit_delay_s };

	(void)nanosleep(&delay, NULL);
	detach_restore_oom();
	if (words) {
		words[0] = settings->exit_command;
		for (size_t i = 0; i < args->count; i++)
			words[i + 1] = args->items[i];
		(void)execv(words[0], (char *const *)(uintptr_t)words);
	}
	_exit(EXIT_FAILURE);
}

int exit_run_command(const struct shim_settings *settings)
{
	int status, result = 0;
	struct err ignored;
	sigset_t none;
	pid_t pid, ended;

	if (!settings->exit_command)
		return 0;
	(void)sys_close_range(3, ~0U, 0);
	if (settings->passthrough)
		(void)detach_streams(&ignored); /* its streams are not the guest's; it runs in any case */
	/* what the command leaves behind is not to keep the shim */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	pid = fork();
	if (pid == 0)
		execute(settings);
	if (pid < 0)
		return EXIT_FAILURE;
	while ((ended = waitpid(-1, &status, __WALL)) > 0 || (ended < 0 && errno == EINTR))
		if (ended == pid)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return result;
}
