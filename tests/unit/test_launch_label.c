/* The launcher with a security label, in a folder that stands for procfs'. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "launched.h"
#include "process/label.h"
#include "unit.h"

/* A directory with a file "exec" in place of procfs'. */
static struct label_exec fake_label(char folder[32])
{
	struct label_exec label = { .dir = -1, .file = "exec", .text = "exec some-profile" };
	autofd file = -1;

	strcpy(folder, "/tmp/test_launch.XXXXXX");
	if (!mkdtemp(folder))
		return label;
	label.dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	file = openat(label.dir, "exec", O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	return label;
}

static void remove_label(struct label_exec *label, const char *folder)
{
	(void)unlinkat(label->dir, "exec", 0);
	(void)close(label->dir);
	(void)rmdir(folder);
}

static void the_label_is_written_before_the_program_runs(void)
{
	char folder[32], command[128], text[4096];
	struct label_exec label = fake_label(folder);
	struct launch l;

	(void)snprintf(command, sizeof(command), "cat %s/exec; echo; ls /proc/self/fd | wc -l", folder);
	l = launched_shell(ARGS((char *)"sh", (char *)"-c", command));
	l.label = &label;
	CHECK(launched_run(&l, text) == 0);
	CHECK_STR(text, "exec some-profile\n4\n");
	remove_label(&label, folder);
}

static void with_a_label_and_a_filter_no_new_privileges_are_set_in_between(void)
{
	char folder[32], text[4096];
	struct label_exec label = fake_label(folder);
	struct launch l = launched_shell(
		ARGS((char *)"sh", (char *)"-c", (char *)"grep -E 'NoNewPrivs|Seccomp:' /proc/self/status"));
	int output[2];
	pid_t pid;

	l.label = &label;
	l.no_new_privileges = true;
	l.filter = &launched_filter;
	CHECK(pipe2(output, O_CLOEXEC) == 0);
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		struct err err;

		(void)dup2(output[1], STDOUT_FILENO);
		launch(&l, &err);
		_exit(92);
	}
	(void)close(output[1]);
	CHECK(launched_finish(pid, output[0], text) == 0);
	CHECK_STR(text, "NoNewPrivs:\t1\nSeccomp:\t2\n");
	remove_label(&label, folder);
}

static void a_label_that_cannot_be_written_is_told_and_the_program_does_not_run(void)
{
	char folder[32], text[4096];
	struct label_exec label = fake_label(folder);
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"echo ran"));
	struct launch_failure failure = { 0 };
	int pair[2], output = -1;
	pid_t pid;

	strcpy(label.file, "missing");
	l.label = &label;
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	l.status_fd = pair[1];
	pid = launched_start(&l, 0, &output);
	(void)close(pair[1]);
	CHECK(read(pair[0], &failure, sizeof(failure)) == sizeof(failure));
	CHECK(failure.number == ENOENT && failure.stage == LAUNCH_LABEL);
	(void)close(pair[0]);
	CHECK(launched_finish(pid, output, text) == 127);
	CHECK_STR(text, "");
	remove_label(&label, folder);
}

/* The kernel's own file: it takes what it is given only from who has opened it since the last execve(2). */
static void the_launcher_writes_to_procfs_as_itself(void)
{
	char text[4096];
	struct launch l = launched_shell(ARGS((char *)"sh", (char *)"-c", (char *)"cat /proc/self/comm"));
	struct label_exec label = { .file = "thread-self/comm", .text = "labelled" };

	label.dir = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	l.label = &label;
	CHECK(launched_run(&l, text) == 0);
	CHECK_STR(text, "cat\n"); /* execve(2) names it anew, but the write went through */
	(void)close(label.dir);
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(the_label_is_written_before_the_program_runs),
		TEST(with_a_label_and_a_filter_no_new_privileges_are_set_in_between),
		TEST(a_label_that_cannot_be_written_is_told_and_the_program_does_not_run),
		TEST(the_launcher_writes_to_procfs_as_itself),
		TEST_END,
	};

	/* whatever this was started with must not be taken for a leak */
	(void)close_range(3, ~0U, 0);
	return unit_run(tests);
}
