/* The program that runs inside guests under test: it tells what it sees and does what it is asked, one word after the
 * other, without a shell, a library or any file of the guest.
 *
 *	guest ids caps read=/proc/self/cgroup exit=3
 *
 * Every word is NAME or NAME=VALUE; the table at the end is the list of them.  Output is `name: value` lines.  What
 * fails prints `name=VALUE: ERRNO` and goes on, so that a test can ask for what must be refused. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/keyctl.h>

extern char **environ;

static void failed(const char *name, const char *value)
{
	printf("%s=%s: %s\n", name, value, strerrorname_np(errno));
}

/* ------------------------------------------------------------------------------------------------ what it is */
static void tell_ids(void)
{
	uid_t r, e, s;
	gid_t groups[64], rg, eg, sg;
	int count = getgroups(64, groups);

	getresuid(&r, &e, &s);
	getresgid(&rg, &eg, &sg);
	printf("uid: %u %u %u\ngid: %u %u %u\ngroups:", r, e, s, rg, eg, sg);
	for (int i = 0; i < count; i++)
		printf(" %u", groups[i]);
	printf("\npid: %d\nppid: %d\nsid: %d\npgid: %d\n", getpid(), getppid(), getsid(0), getpgid(0));
}

static void tell_caps(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };
	unsigned long long bounding = 0, ambient = 0;

	syscall(SYS_capget, &header, data);
	for (int cap = 0; cap < 64; cap++) {
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
			bounding |= 1ULL << cap;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			ambient |= 1ULL << cap;
	}
	printf("effective: %08x%08x\npermitted: %08x%08x\ninheritable: %08x%08x\nbounding: %016llx\nambient: %016llx\n",
	       data[1].effective, data[0].effective, data[1].permitted, data[0].permitted, data[1].inheritable,
	       data[0].inheritable, bounding, ambient);
}

static void tell_limit(const char *name, rlim_t value)
{
	if (value == RLIM_INFINITY)
		printf("%sunlimited", name);
	else
		printf("%s%llu", name, (unsigned long long)value);
}

static void tell_rlimits(void)
{
	static const char *const names[] = {
		[RLIMIT_AS] = "RLIMIT_AS",	     [RLIMIT_CORE] = "RLIMIT_CORE",
		[RLIMIT_CPU] = "RLIMIT_CPU",	     [RLIMIT_DATA] = "RLIMIT_DATA",
		[RLIMIT_FSIZE] = "RLIMIT_FSIZE",     [RLIMIT_LOCKS] = "RLIMIT_LOCKS",
		[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK", [RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE",
		[RLIMIT_NICE] = "RLIMIT_NICE",	     [RLIMIT_NOFILE] = "RLIMIT_NOFILE",
		[RLIMIT_NPROC] = "RLIMIT_NPROC",     [RLIMIT_RSS] = "RLIMIT_RSS",
		[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",   [RLIMIT_RTTIME] = "RLIMIT_RTTIME",
		[RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING", [RLIMIT_STACK] = "RLIMIT_STACK",
	};
	struct rlimit limit;

	for (int i = 0; i < (int)(sizeof(names) / sizeof(*names)); i++) {
		if (getrlimit((__rlimit_resource_t)i, &limit) < 0)
			continue;
		printf("%s:", names[i]);
		tell_limit(" ", limit.rlim_cur);
		tell_limit(" ", limit.rlim_max);
		puts("");
	}
}

static void tell_cwd(void)
{
	char path[4096];

	/* The system call: glibc would hide "(unreachable)". */
	if (syscall(SYS_getcwd, path, sizeof(path)) < 0)
		failed("cwd", "");
	else
		printf("cwd: %s\n", path);
}

static void tell_env(void)
{
	for (char **item = environ; *item; item++)
		printf("env: %s\n", *item);
}

/* From /proc where there is one, otherwise by trying each. */
static void tell_fds(void)
{
	for (int fd = 0; fd < 1024; fd++) {
		char link[64], target[4096] = "?";
		struct stat status;
		ssize_t length;

		if (fstat(fd, &status) < 0)
			continue;
		snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		length = readlink(link, target, sizeof(target) - 1);
		if (length > 0)
			target[length] = '\0';
		printf("fd: %d %s\n", fd, target);
	}
}

static void tell_names(void)
{
	struct utsname names;

	uname(&names);
	printf("hostname: %s\ndomainname: %s\nmachine: %s\n", names.nodename, names.domainname, names.machine);
}

static void tell_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	printf("umask: %04o\n", mask);
}

static void tell_security(void)
{
	printf("no_new_privs: %d\nseccomp: %d\ndumpable: %d\nsecurebits: %d\nkeepcaps: %d\npdeathsig: ",
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), prctl(PR_GET_SECCOMP, 0, 0, 0, 0),
	       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), prctl(PR_GET_SECUREBITS, 0, 0, 0, 0),
	       prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
	int signal = -1;
	prctl(PR_GET_PDEATHSIG, &signal, 0, 0, 0);
	printf("%d\nsubreaper: ", signal);
	prctl(PR_GET_CHILD_SUBREAPER, &signal, 0, 0, 0);
	printf("%d\n", signal);
}

static void tell_signals(void)
{
	sigset_t blocked;

	sigprocmask(SIG_SETMASK, NULL, &blocked);
	for (int number = 1; number < 65; number++) {
		struct sigaction action;

		if (sigismember(&blocked, number) == 1)
			printf("blocked: %d\n", number);
		if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			printf("ignored: %d\n", number);
	}
}

static void tell_namespaces(void)
{
	static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[64], target[64];
		ssize_t length;

		snprintf(path, sizeof(path), "/proc/self/ns/%s", names[i]);
		length = readlink(path, target, sizeof(target) - 1);
		printf("ns: %.*s\n", length < 0 ? 0 : (int)length, target);
	}
}

static void tell_keyring(void)
{
	char text[256];
	long length = syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, text, sizeof(text), 0);

	if (length < 0)
		failed("keyring", "");
	else
		printf("keyring: %s\n", text);
}

static void tell_ttys(void)
{
	for (int fd = 0; fd < 3; fd++)
		printf("tty: %d %s\n", fd, isatty(fd) ? ttyname(fd) ? ttyname(fd) : "?" : "no");
}

static void tell_personality(void)
{
	printf("personality: %08x\n", (unsigned int)personality(0xffffffff));
}

/* Memory that a parent left behind would be readable here: nothing but the program itself should be mapped. */
static void tell_args(void)
{
	FILE *file = fopen("/proc/self/cmdline", "re");
	int c;

	if (!file)
		return failed("args", "");
	fputs("args:", stdout);
	for (bool start = true; (c = getc(file)) != EOF; start = c == '\0') {
		if (start)
			putchar(' ');
		if (c)
			putchar(c);
	}
	puts("");
	fclose(file);
}

/* ------------------------------------------------------------------------------------------------ files */
static void do_read(const char *path)
{
	char text[4096], last = '\n';
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return failed("read", path);
	while ((length = read(fd, text, sizeof(text))) > 0) {
		fwrite(text, 1, (size_t)length, stdout);
		last = text[length - 1];
	}
	if (length < 0)
		failed("read", path);
	else if (last != '\n')
		puts("");
	close(fd);
}

/* "PATH:TEXT": write TEXT, creating the file. */
static void do_write(const char *value)
{
	const char *colon = strrchr(value, ':');
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%.*s", colon ? (int)(colon - value) : (int)strlen(value), value);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return failed("write", value);
	if (colon && write(fd, colon + 1, strlen(colon + 1)) < 0)
		failed("write", value);
	else
		printf("write=%s: ok\n", value);
	close(fd);
}

static void do_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return failed("open", path);
	printf("open=%s: ok\n", path);
	close(fd);
}

static void do_stat(const char *path)
{
	static const char *const types[] = { [S_IFREG >> 12] = "file",	[S_IFDIR >> 12] = "directory",
					     [S_IFCHR >> 12] = "char",	[S_IFBLK >> 12] = "block",
					     [S_IFIFO >> 12] = "fifo",	[S_IFLNK >> 12] = "link",
					     [S_IFSOCK >> 12] = "socket" };
	struct stat status;

	if (lstat(path, &status) < 0)
		return failed("stat", path);
	printf("stat=%s: %s %04o %u:%u", path, types[(status.st_mode & S_IFMT) >> 12], status.st_mode & 07777,
	       status.st_uid, status.st_gid);
	if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
		printf(" %u:%u", major(status.st_rdev), minor(status.st_rdev));
	else if (S_ISREG(status.st_mode))
		printf(" %lld", (long long)status.st_size);
	puts("");
}

static void do_readlink(const char *path)
{
	char target[4096];
	ssize_t length = readlink(path, target, sizeof(target));

	if (length < 0)
		failed("readlink", path);
	else
		printf("readlink=%s: %.*s\n", path, (int)length, target);
}

static void do_ls(const char *path)
{
	struct dirent **items;
	int count = scandir(path, &items, NULL, alphasort);

	if (count < 0)
		return failed("ls", path);
	printf("ls=%s:", path);
	for (int i = 0; i < count; i++)
		if (strcmp(items[i]->d_name, ".") != 0 && strcmp(items[i]->d_name, "..") != 0)
			printf(" %s", items[i]->d_name);
	puts("");
}

static void do_statfs(const char *path)
{
	struct statfs status;

	if (statfs(path, &status) < 0)
		failed("statfs", path);
	else
		printf("statfs=%s: %llx\n", path, (unsigned long long)status.f_type);
}

/* "PATH": what lies there is a mount, with these options; the last of several counts. */
static void do_mount_of(const char *path)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[8192], found[8192] = "none\n", point[4096];

	if (!file)
		return failed("mount", path);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1 && strcmp(point, path) == 0)
			strcpy(found, line);
	fclose(file);
	printf("mount=%s: %s", path, found);
}

static void do_mkdir(const char *path)
{
	if (mkdir(path, 0755) < 0)
		failed("mkdir", path);
	else
		printf("mkdir=%s: ok\n", path);
}

static void do_unlink(const char *path)
{
	if (unlink(path) < 0)
		failed("unlink", path);
	else
		printf("unlink=%s: ok\n", path);
}

/* "PATH:MAJOR:MINOR" */
static void do_mknod(const char *value)
{
	char path[256];
	unsigned int major_number, minor_number;

	if (sscanf(value, "%255[^:]:%u:%u", path, &major_number, &minor_number) != 3 ||
	    mknod(path, S_IFCHR | 0666, makedev(major_number, minor_number)) < 0)
		failed("mknod", value);
	else
		printf("mknod=%s: ok\n", value);
}

static void do_mount(const char *path)
{
	if (mount("none", path, "tmpfs", 0, NULL) < 0)
		failed("mount-tmpfs", path);
	else
		printf("mount-tmpfs=%s: ok\n", path);
}

static void do_remount(const char *path)
{
	if (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL) < 0)
		failed("remount-rw", path);
	else
		printf("remount-rw=%s: ok\n", path);
}

static void do_umount(const char *path)
{
	if (umount2(path, MNT_DETACH) < 0)
		failed("umount", path);
	else
		printf("umount=%s: ok\n", path);
}

static void do_chroot(const char *path)
{
	if (chroot(path) < 0)
		failed("chroot", path);
	else
		printf("chroot=%s: ok\n", path);
}

static void do_chdir(const char *path)
{
	if (chdir(path) < 0)
		failed("chdir", path);
}

/* Read from an inherited descriptor. */
static void do_read_fd(const char *value)
{
	char text[4096];
	ssize_t length = read(atoi(value), text, sizeof(text));

	if (length < 0)
		failed("read-fd", value);
	else
		printf("read-fd=%s: %.*s\n", value, (int)length, text);
}

/* "FD:TEXT" */
static void do_write_fd(const char *value)
{
	const char *text = strchr(value, ':');

	if (!text || write(atoi(value), text + 1, strlen(text + 1)) < 0)
		failed("write-fd", value);
}

static void do_stdin(void)
{
	char text[4096];
	ssize_t length;

	while ((length = read(0, text, sizeof(text))) > 0)
		fwrite(text, 1, (size_t)length, stdout);
	if (length < 0)
		failed("stdin", "");
}

/* Send READY=1 to the notification socket. */
static void do_notify(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!path || strlen(path) >= sizeof(address.sun_path)) {
		puts("notify: no socket");
	} else {
		strcpy(address.sun_path, path);
		if (sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&address, sizeof(address)) < 0)
			failed("notify", path);
		else
			printf("notify: %s\n", path);
	}
	close(fd);
}

/* ------------------------------------------------------------------------------------------------ processes */
static void do_sleep(const char *value)
{
	struct timespec time;
	double seconds = atof(value);

	time.tv_sec = (time_t)seconds;
	time.tv_nsec = (long)((seconds - (double)time.tv_sec) * 1e9);
	while (nanosleep(&time, &time) < 0 && errno == EINTR)
		;
}

static void do_exit(const char *value)
{
	exit(atoi(value));
}

static void do_raise(const char *value)
{
	raise(atoi(value));
	printf("raise=%s: survived\n", value);
}

static void do_kill(const char *value)
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

static void do_trap(const char *value)
{
	struct sigaction action = { .sa_handler = on_signal };

	if (sigaction(atoi(value), &action, NULL) < 0)
		failed("trap", value);
}

static void do_ignore(const char *value)
{
	signal(atoi(value), SIG_IGN);
}

/* Children that sleep for ever, in a session of their own. */
static void do_fork(const char *value)
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

static void do_wait(void)
{
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

static void do_pause(void)
{
	for (;;)
		pause();
}

/* Wait for one signal. */
static void do_signal(void)
{
	pause();
}

static void do_setuid(const char *value)
{
	if (setresuid((uid_t)atoi(value), (uid_t)atoi(value), (uid_t)atoi(value)) < 0)
		failed("setuid", value);
	else
		printf("setuid=%s: ok\n", value);
}

static void do_execve(const char *path)
{
	char *args[] = { (char *)path, (char *)"ids", (char *)"caps", NULL };

	execve(path, args, environ);
	failed("exec", path);
}

/* "NUMBER[:A[:B[:C]]]": result or errno; numbers as strtoul(3) takes them. */
static void do_syscall(const char *value)
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

static void do_unshare(const char *value)
{
	if (unshare((int)strtol(value, NULL, 0)) < 0)
		failed("unshare", value);
	else
		printf("unshare=%s: ok\n", value);
}

/* Touch as many MiB of memory. */
static void do_memory(const char *value)
{
	size_t size = (size_t)atol(value) << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return failed("memory", value);
	memset(memory, 1, size);
	printf("memory=%s: ok\n", value);
}

/* Find a listening or connectable interface: bring-up of the loopback is what a program needs. */
static void tell_loopback(void)
{
	FILE *file = fopen("/sys/class/net/lo/flags", "re");
	unsigned int flags = 0;

	if (!file)
		return failed("loopback", "");
	if (fscanf(file, "%x", &flags) == 1)
		printf("loopback: %s\n", flags & 1 ? "up" : "down");
	fclose(file);
}

static void tell_oom(void)
{
	fputs("oom_score_adj: ", stdout);
	do_read("/proc/self/oom_score_adj");
}

static void say(const char *value)
{
	printf("%s\n", value);
}

static void say_error(const char *value)
{
	fprintf(stderr, "%s\n", value);
}

static void do_getenv(const char *name)
{
	const char *value = getenv(name);

	printf("getenv=%s: %s\n", name, value ? value : "(unset)");
}

static const struct {
	const char *name;
	void (*plain)(void);
	void (*with)(const char *value);
} words[] = {
	{ "ids", tell_ids, NULL },
	{ "caps", tell_caps, NULL },
	{ "rlimits", tell_rlimits, NULL },
	{ "cwd", tell_cwd, NULL },
	{ "env", tell_env, NULL },
	{ "getenv", NULL, do_getenv },
	{ "args", tell_args, NULL },
	{ "fds", tell_fds, NULL },
	{ "names", tell_names, NULL },
	{ "umask", tell_umask, NULL },
	{ "security", tell_security, NULL },
	{ "signals", tell_signals, NULL },
	{ "namespaces", tell_namespaces, NULL },
	{ "keyring", tell_keyring, NULL },
	{ "ttys", tell_ttys, NULL },
	{ "personality", tell_personality, NULL },
	{ "loopback", tell_loopback, NULL },
	{ "oom", tell_oom, NULL },
	{ "read", NULL, do_read },
	{ "write", NULL, do_write },
	{ "open", NULL, do_open },
	{ "stat", NULL, do_stat },
	{ "readlink", NULL, do_readlink },
	{ "ls", NULL, do_ls },
	{ "statfs", NULL, do_statfs },
	{ "mount", NULL, do_mount_of },
	{ "mkdir", NULL, do_mkdir },
	{ "unlink", NULL, do_unlink },
	{ "mknod", NULL, do_mknod },
	{ "mount-tmpfs", NULL, do_mount },
	{ "remount-rw", NULL, do_remount },
	{ "umount", NULL, do_umount },
	{ "chroot", NULL, do_chroot },
	{ "chdir", NULL, do_chdir },
	{ "read-fd", NULL, do_read_fd },
	{ "write-fd", NULL, do_write_fd },
	{ "stdin", do_stdin, NULL },
	{ "notify", do_notify, NULL },
	{ "sleep", NULL, do_sleep },
	{ "exit", NULL, do_exit },
	{ "raise", NULL, do_raise },
	{ "kill", NULL, do_kill },
	{ "trap", NULL, do_trap },
	{ "ignore", NULL, do_ignore },
	{ "fork", NULL, do_fork },
	{ "wait", do_wait, NULL },
	{ "pause", do_pause, NULL },
	{ "signal", do_signal, NULL },
	{ "setuid", NULL, do_setuid },
	{ "exec", NULL, do_execve },
	{ "syscall", NULL, do_syscall },
	{ "unshare", NULL, do_unshare },
	{ "memory", NULL, do_memory },
	{ "say", NULL, say },
	{ "say-error", NULL, say_error },
};

static int obey(const char *word)
{
	size_t length = strcspn(word, "=");
	const char *value = word[length] ? word + length + 1 : NULL;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strlen(words[i].name) != length || strncmp(words[i].name, word, length) != 0)
			continue;
		if (value && words[i].with) {
			words[i].with(value);
			return 0;
		}
		if (!value && words[i].plain) {
			words[i].plain();
			return 0;
		}
	}
	fprintf(stderr, "guest: what is \"%s\"?\n", word);
	return -1;
}

int main(int argc, char **argv)
{
	/* What is asked next may kill: nothing that was said may be lost. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++)
		if (obey(argv[i]) < 0)
			return 99;
	return 0;
}
