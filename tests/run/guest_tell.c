/* What the guest is: identity, rights, limits, descriptors, names. */
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/keyctl.h>

#include "guest.h"

void tell_ids(void)
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

void tell_caps(void)
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

void tell_rlimits(void)
{
	static const char *const names[] = {
		[RLIMIT_AS] = "RLIMIT_AS",
		[RLIMIT_CORE] = "RLIMIT_CORE",
		[RLIMIT_CPU] = "RLIMIT_CPU",
		[RLIMIT_DATA] = "RLIMIT_DATA",
		[RLIMIT_FSIZE] = "RLIMIT_FSIZE",
		[RLIMIT_LOCKS] = "RLIMIT_LOCKS",
		[RLIMIT_MEMLOCK] = "RLIMIT_MEMLOCK",
		[RLIMIT_MSGQUEUE] = "RLIMIT_MSGQUEUE",
		[RLIMIT_NICE] = "RLIMIT_NICE",
		[RLIMIT_NOFILE] = "RLIMIT_NOFILE",
		[RLIMIT_NPROC] = "RLIMIT_NPROC",
		[RLIMIT_RSS] = "RLIMIT_RSS",
		[RLIMIT_RTPRIO] = "RLIMIT_RTPRIO",
		[RLIMIT_RTTIME] = "RLIMIT_RTTIME",
		[RLIMIT_SIGPENDING] = "RLIMIT_SIGPENDING",
		[RLIMIT_STACK] = "RLIMIT_STACK",
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

void tell_cwd(void)
{
	char path[4096];

	/* The system call: glibc would hide "(unreachable)". */
	if (syscall(SYS_getcwd, path, sizeof(path)) < 0)
		failed("cwd", "");
	else
		printf("cwd: %s\n", path);
}

void tell_env(void)
{
	for (char **item = environ; *item; item++)
		printf("env: %s\n", *item);
}

/* From /proc where there is one, otherwise by trying each. */
void tell_fds(void)
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

void tell_names(void)
{
	struct utsname names;

	uname(&names);
	printf("hostname: %s\ndomainname: %s\nmachine: %s\n", names.nodename, names.domainname, names.machine);
}

void tell_umask(void)
{
	mode_t mask = umask(0);

	umask(mask);
	printf("umask: %04o\n", mask);
}

void tell_security(void)
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

void tell_signals(void)
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

void tell_namespaces(void)
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

void tell_clocks(void)
{
	struct timespec monotonic, boottime;

	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_BOOTTIME, &boottime);
	printf("monotonic: %lld\nboottime: %lld\n", (long long)monotonic.tv_sec, (long long)boottime.tv_sec);
}

void tell_keyring(void)
{
	char text[256];
	long length = syscall(SYS_keyctl, KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING, text, sizeof(text), 0);

	if (length < 0)
		failed("keyring", "");
	else
		printf("keyring: %s\n", text);
	length = syscall(SYS_keyctl, KEYCTL_GET_SECURITY, KEY_SPEC_SESSION_KEYRING, text, sizeof(text), 0);
	if (length > 1)
		printf("keyring-label: %s\n", text);
}

void tell_ttys(void)
{
	for (int fd = 0; fd < 3; fd++)
		printf("tty: %d %s\n", fd, isatty(fd) ? ttyname(fd) ? ttyname(fd) : "?" : "no");
}

void tell_personality(void)
{
	printf("personality: %08x\n", (unsigned int)personality(0xffffffff));
}

/* As others see it, not as main() got it. */
void tell_args(void)
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

void tell_loopback(void)
{
	FILE *file = fopen("/sys/class/net/lo/flags", "re");
	unsigned int flags = 0;

	if (!file)
		return failed("loopback", "");
	if (fscanf(file, "%x", &flags) == 1)
		printf("loopback: %s\n", flags & 1 ? "up" : "down");
	fclose(file);
}

/* How it is scheduled, does its I/O and gets its memory. */
void tell_scheduling(void)
{
	static const char *const policies[] = { "OTHER", "FIFO", "RR", "BATCH", "ISO", "IDLE", "DEADLINE" };
	const int policy = sched_getscheduler(0) & 0xff;
	const int io = (int)syscall(SYS_ioprio_get, 1, 0);
	struct { /* sched_attr of sched_getattr(2) */
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
		uint32_t util_min, util_max;
	} attributes = { 0 };
	struct sched_param param = { 0 };
	unsigned long nodes[16] = { 0 }; /* as many as MAX_NUMNODES may be */
	int mode = -1;

	sched_getparam(0, &param);
	printf("scheduler: %s\npriority: %d\nnice: %d\n", policy < 7 ? policies[policy] : "?", param.sched_priority,
	       getpriority(PRIO_PROCESS, 0));
	if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) == 0)
		printf("scheduler-flags: %#llx\nruntime: %llu\ndeadline: %llu\nperiod: %llu\n",
		       (unsigned long long)attributes.flags, (unsigned long long)attributes.runtime,
		       (unsigned long long)attributes.deadline, (unsigned long long)attributes.period);
	printf("io: %d %d\n", io >> 13, io & 7);
	if (syscall(SYS_get_mempolicy, &mode, nodes, sizeof(nodes) * 8, NULL, 0) < 0)
		failed("memory-policy", "");
	else /* with its flags */
		printf("memory-policy: %d %#x\nmemory-nodes: %#lx\n", mode & 0x1fff, mode & ~0x1fff, nodes[0]);
}

void tell_oom(void)
{
	FILE *file = fopen("/proc/self/oom_score_adj", "re");
	int score;

	if (!file || fscanf(file, "%d", &score) != 1)
		failed("oom", "");
	else
		printf("oom_score_adj: %d\n", score);
	if (file)
		fclose(file);
}
