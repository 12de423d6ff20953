/* The guest as an attacker who may trace: it stops every process that appears in its pid namespace, as early as it can, and looks
 * for what is not the guest's: descriptors, memory, environment, program, root. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

#define LINES_MAX  20
#define PIDS_MAX   32768
#define SECRET	   "HOST_SECRET" /* begins what the test puts into the caller's environment */
#define CHUNK	   65536
#define MAPPED_MAX (16UL << 20)	 /* more than that of one mapping is not read */

struct watch {
	unsigned long met, launchers, found;
	unsigned char seen[PIDS_MAX]; /* how often a process of that number was looked into */
};

static void found(struct watch *watch, int pid, const char *what, const char *value)
{
	if (watch->found++ < LINES_MAX)
		printf("found: %d %s %s\n", pid, what, value);
}

/* The target of a link in /proc/PID, or "". */
static const char *link_of(int pid, const char *name, char target[256])
{
	char path[300];
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	n = readlink(path, target, 255);
	target[n > 0 ? n : 0] = '\0';
	return target;
}

/* Beside the caller's standard streams, only a socket: the launcher's, by which it tells why it failed. */
static void look_at_descriptors(struct watch *watch, int pid)
{
	char path[300], target[256], name[270];
	const struct dirent *entry;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		if (atoi(entry->d_name) < 3)
			continue;
		snprintf(name, sizeof(name), "fd/%s", entry->d_name);
		if (*link_of(pid, name, target) && strncmp(target, "socket:", 7) != 0)
			found(watch, pid, name, target);
	}
	if (dir)
		closedir(dir);
}

static void look_at_root(struct watch *watch, int pid)
{
	static const char *const names[] = { "root", "cwd" };
	struct stat own, other;
	char path[300];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "/proc/%d/%s/", pid, names[i]);
		if (stat("/", &own) == 0 && stat(path, &other) == 0 &&
		    (own.st_dev != other.st_dev || own.st_ino != other.st_ino))
			found(watch, pid, names[i], "is not the guest's");
	}
}

static void look_for_secret(struct watch *watch, int pid, const char *name, long at, size_t size)
{
	static char data[CHUNK + 1];
	char path[300];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	while (fd >= 0 && size) {
		ssize_t n = pread(fd, data, size < CHUNK ? size : CHUNK, at);

		if (n <= 0)
			break;
		if (memmem(data, (size_t)n, SECRET, strlen(SECRET)))
			found(watch, pid, name, "has the caller's environment");
		at += n;
		size -= (size_t)n;
	}
	if (fd >= 0)
		close(fd);
}

/* Is that one of the programs that the test runs, or the launcher? */
static int is_expected(const char *file)
{
	return !*file || *file == '[' || strcmp(file, "/guest") == 0 || strcmp(file, "/bin/busybox") == 0 ||
	       strncmp(file, "/memfd:kavel-launcher", 21) == 0;
}

static void look_at_memory(struct watch *watch, int pid)
{
	char path[300], line[600];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long begin, end;
		char file[400] = "";

		if (sscanf(line, "%lx-%lx %*s %*s %*s %*s %399s", &begin, &end, file) < 2)
			continue;
		if (!is_expected(file))
			found(watch, pid, "maps", file);
		/* the files themselves are known, and one of them has the word that is looked for */
		if (!file[0] || strcmp(file, "[stack]") == 0 || strcmp(file, "[heap]") == 0 || strstr(file, "memfd:"))
			look_for_secret(watch, pid, "mem", (long)begin,
					end - begin < MAPPED_MAX ? end - begin : MAPPED_MAX);
	}
	if (maps)
		fclose(maps);
}

static void look(struct watch *watch, int pid)
{
	char exe[256];

	look_at_descriptors(watch, pid);
	if (!is_expected(link_of(pid, "exe", exe)))
		found(watch, pid, "exe", exe);
	if (strncmp(exe, "/memfd:kavel-launcher", 21) == 0)
		watch->launchers++;
	look_for_secret(watch, pid, "environ", 0, CHUNK);
	look_at_root(watch, pid);
	look_at_memory(watch, pid);
	watch->met++;
}

/* Held where it is, and looked into at leisure. */
static void stop_and_look(struct watch *watch, int pid)
{
	int status;

	look_at_descriptors(watch, pid); /* before it knows of us */
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) < 0)
		return;
	(void)ptrace(PTRACE_INTERRUPT, pid, NULL,
		     NULL); /* it may have ended, and be ours to reap before it is its parent's */
	if (waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return;
	look(watch, pid);
	(void)ptrace(PTRACE_DETACH, pid, NULL, NULL);
}

/* Hold whatever appears for ever, its end from its parent, too. */
static void hold(struct watch *watch, int pid)
{
	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) == 0 && ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0)
		watch->met++;
}

/* Until the file is there. */
static void each_process(const char *path, struct watch *watch, void (*treat)(struct watch *watch, int pid))
{
	while (access(path, F_OK) < 0) {
		DIR *proc = opendir("/proc");
		const struct dirent *entry;

		while (proc && (entry = readdir(proc))) {
			int pid = atoi(entry->d_name);

			if (pid > 1 && pid < PIDS_MAX && pid != getpid() && watch->seen[pid]++ < 3)
				treat(watch, pid);
		}
		if (proc)
			closedir(proc);
	}
}

void do_watch(const char *path)
{
	static struct watch watch;

	each_process(path, &watch, stop_and_look);
	printf("watch: %lu looked into\nwatch: %lu launchers\nwatch: %lu found\n", watch.met, watch.launchers,
	       watch.found);
}

/* One process, which is there. */
void do_look(const char *pid)
{
	static struct watch watch;

	stop_and_look(&watch, atoi(pid));
	printf("look: %lu looked into\nlook: %lu launchers\nlook: %lu found\n", watch.met, watch.launchers,
	       watch.found);
}

void do_hold(const char *path)
{
	static struct watch watch;

	each_process(path, &watch, hold);
	printf("hold: %lu held\n", watch.met);
}
