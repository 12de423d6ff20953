/* What the guest can do to itself and to others: signals, children, identity, system calls. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

void do_sleep(const char *value)
{
	struct timespec time;
	double seconds = atof(value);

	time.tv_sec = (time_t)seconds;
	time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
}

void do_exit(const char *value)
{
	exit(atoi(value));
}

void do_raise(const char *value)
{
	raise(atoi(value));
	printf("raise=%s: survived\n", value);
}

void do_kill(const char *value)
{
	if (kill(atoi(value), SIGKILL) < 0)
		failed("kill", value);
	else
		printf("kill=%s: ok\n", value);
}

static void on_signal(int number)
{
	char text[] = "signal: 00\n";

	text[8] = (char)('0' + number / 10);
	text[9] = (char)('0' + number % 10);
	(void)!write(1, text, sizeof(text) - 1);
}

void do_trap(const char *value)
{
	struct sigaction action = { .sa_handler = on_signal };

	if (sigaction(atoi(value), &action, NULL) < 0)
		failed("trap", value);
}

void do_ignore(const char *value)
{
	signal(atoi(value), SIG_IGN);
}

/* Children that sleep for ever, in a session of their own. */
void do_fork(const char *value)
{
	for (int i = atoi(value); i > 0; i--) {
		pid_t pid = fork();

		if (pid < 0)
			failed("fork", value);
		if (pid == 0) {
			setsid();
			for (;;)
				pause();
		}
	}
	printf("fork=%s: ok\n", value);
}

void do_wait(void)
{
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

void do_pause(void)
{
	for (;;)
		pause();
}

/* Wait for one signal. */
void do_signal(void)
{
	pause();
}

void do_setuid(const char *value)
{
	if (setresuid((uid_t)atoi(value), (uid_t)atoi(value), (uid_t)atoi(value)) < 0)
		failed("setuid", value);
	else
		printf("setuid=%s: ok\n", value);
}

void do_execve(const char *path)
{
	char *args[] = { (char *)path, (char *)"ids", (char *)"caps", NULL };

	execve(path, args, environ);
	failed("exec", path);
}

/* "NUMBER[:A[:B[:C]]]": result or errno; numbers as strtoul(3) takes them. */
void do_syscall(const char *value)
{
	unsigned long numbers[4] = { 0 };
	char *end = (char *)value;
	long result;

	for (int i = 0; i < 4; i++) {
		numbers[i] = strtoul(end, &end, 0);
		if (*end++ != ':')
			break;
	}
	errno = 0;
	result = syscall((long)numbers[0], numbers[1], numbers[2], numbers[3], 0, 0, 0);
	if (result < 0)
		failed("syscall", value);
	else
		printf("syscall=%s: %ld\n", value, result);
}

void do_unshare(const char *value)
{
	if (unshare((int)strtol(value, NULL, 0)) < 0)
		failed("unshare", value);
	else
		printf("unshare=%s: ok\n", value);
}

/* Try to write into the program of whatever else runs here, as long as asked: the attack of CVE-2019-5736. */
void do_attack(const char *value)
{
	time_t end = time(NULL) + atol(value);
	unsigned long tries = 0, written = 0;

	while (time(NULL) < end) {
		for (int pid = 1; pid < 400; pid++) {
			char path[64];
			int exe;

			snprintf(path, sizeof(path), "/proc/%d/exe", pid);
			exe = pid == getpid() ? -1 : open(path, O_PATH | O_CLOEXEC);
			if (exe < 0)
				continue;
			snprintf(path, sizeof(path), "/proc/self/fd/%d", exe);
			for (int i = 0; i < 500; i++) {
				int fd = open(path, O_WRONLY | O_CLOEXEC);

				tries++;
				if (fd >= 0 && write(fd, "#!/bin/false\n", 13) > 0)
					written++;
				if (fd >= 0)
					close(fd);
			}
			close(exe);
		}
	}
	printf("attack: %s tries\nattack: %lu written\n", tries ? "some" : "no", written);
}

/* Is that process the runtime still, or its copy in memory, and not its launcher yet? */
static int is_runtime(int pid)
{
	char path[64], name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return 0;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	return strstr(name, "kavel") && !strstr(name, "kavel-");
}

/* How much of a process that is the runtime can be seen. */
static unsigned long look_into(int pid)
{
	static const char *const secrets[] = { "fd/0", "root/", "cwd/", "environ", "exe", "mem" };
	unsigned long seen = 0;

	for (size_t i = 0; i < sizeof(secrets) / sizeof(*secrets); i++) {
		char path[64];
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/%s", pid, secrets[i]);
		fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0 && is_runtime(pid))
			seen++;
		if (fd >= 0)
			close(fd);
	}
	return seen;
}

/* Look for the runtime among the processes here, as long as asked, and try to see what it has open. */
void do_spy(const char *value)
{
	time_t end = time(NULL) + atol(value);
	unsigned long met = 0, seen = 0;

	while (time(NULL) < end) {
		DIR *proc = opendir("/proc");
		const struct dirent *entry;

		while (proc && (entry = readdir(proc))) {
			int pid = atoi(entry->d_name);

			if (pid <= 1 || pid == getpid() || !is_runtime(pid))
				continue;
			met++;
			seen += look_into(pid);
		}
		if (proc)
			closedir(proc);
	}
	printf("spy: %s met\nspy: %lu seen\n", met ? "some" : "none", seen);
}

/* Touch as many MiB of memory. */
void do_memory(const char *value)
{
	size_t size = (size_t)atol(value) << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return failed("memory", value);
	memset(memory, 1, size);
	printf("memory=%s: ok\n", value);
}

/* Put characters into the input of our terminal, as if they were typed. */
void do_type(const char *value)
{
	for (const char *at = value; *at; at++)
		if (ioctl(STDIN_FILENO, TIOCSTI, at) < 0)
			return failed("type", value);
	printf("type=%s: ok\n", value);
}

void say(const char *value)
{
	printf("%s\n", value);
}

void say_error(const char *value)
{
	fprintf(stderr, "%s\n", value);
}

void do_getenv(const char *name)
{
	const char *value = getenv(name);

	printf("getenv=%s: %s\n", name, value ? value : "(unset)");
}
