/* The filter of guests that name none of their own: what programs need, and what cannot reach beyond the guest.
 *
 * Not there: what loads code into the kernel or boots another (bpf, init_module, kexec_load), what makes or changes mounts and
 * namespaces, what sets the clock, keyrings (they are not confined by namespaces), io_uring and userfaultfd (many ways into
 * the kernel, few users), what looks into other processes' memory past ptrace(2)'s checks, and what is obsolete.  A system in a
 * guest mounts and makes namespaces as every system does; what it may do there its capabilities decide.  Calls that are newer
 * than this list fail with ENOSYS, so that programs fall back (kavel(5)). */
#include <errno.h>

#include "store/config.h"

/* CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET; not CLONE_NEWTIME, which clone(2) cannot take */
#define CLONE_NAMESPACES 0x7e020000
#define AF_VSOCK_NUMBER	 40 /* the way to a hypervisor */

/* clang-format off */
static const char *const allowed[] = {
	"_llseek", "_newselect", "accept", "accept4", "access", "adjtimex", "alarm", "arch_prctl", "arm_fadvise64_64",
	"arm_sync_file_range", "bind", "brk", "cachectl", "cacheflush", "cachestat", "capget", "capset", "chdir", "chmod",
	"chown", "chown32", "chroot", "clock_adjtime", "clock_adjtime64", "clock_getres", "clock_getres_time64",
	"clock_gettime", "clock_gettime64", "clock_nanosleep", "clock_nanosleep_time64", "close", "close_range", "connect",
	"copy_file_range", "creat", "dup", "dup2", "dup3", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl_old",
	"epoll_pwait", "epoll_pwait2", "epoll_wait", "epoll_wait_old", "eventfd", "eventfd2", "execve", "execveat", "exit",
	"exit_group", "faccessat", "faccessat2", "fadvise64", "fadvise64_64", "fallocate", "fanotify_mark", "fchdir",
	"fchmod", "fchmodat", "fchmodat2", "fchown", "fchown32", "fchownat", "fcntl", "fcntl64", "fdatasync", "fgetxattr",
	"file_getattr", "file_setattr", "flistxattr", "flock", "fork", "fremovexattr", "fsetxattr", "fstat", "fstat64",
	"fstatat64", "fstatfs", "fstatfs64", "fsync", "ftruncate", "ftruncate64", "futex", "futex_requeue", "futex_time64",
	"futex_wait", "futex_waitv", "futex_wake", "futimesat", "get_mempolicy", "get_robust_list", "get_thread_area",
	"get_tls", "getcpu", "getcwd", "getdents", "getdents64", "getegid", "getegid32", "geteuid", "geteuid32", "getgid",
	"getgid32", "getgroups", "getgroups32", "getitimer", "getpeername", "getpgid", "getpgrp", "getpid", "getppid",
	"getpriority", "getrandom", "getresgid", "getresgid32", "getresuid", "getresuid32", "getrlimit", "getrusage",
	"getsid", "getsockname", "getsockopt", "gettid", "gettimeofday", "getuid", "getuid32", "getxattr", "getxattrat",
	"inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch", "io_cancel", "io_destroy", "io_getevents",
	"io_pgetevents", "io_pgetevents_time64", "io_setup", "io_submit", "ioctl", "ioprio_get", "ioprio_set", "ipc", "kill",
	"landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "lchown", "lchown32", "lgetxattr", "link",
	"linkat", "listen", "listns", "listxattr", "listxattrat", "llistxattr", "lremovexattr", "lseek", "lsetxattr",
	"lsm_get_self_attr", "lsm_list_modules", "lstat", "lstat64", "madvise", "map_shadow_stack", "mbind", "membarrier",
	"memfd_create", "memfd_secret", "mincore", "mkdir", "mkdirat", "mknod", "mknodat", "mlock", "mlock2", "mlockall",
	"mmap", "mmap2", "modify_ldt", "mprotect", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive",
	"mq_timedreceive_time64", "mq_timedsend", "mq_timedsend_time64", "mq_unlink", "mremap", "mseal", "msgctl", "msgget",
	"msgrcv", "msgsnd", "msync", "munlock", "munlockall", "munmap", "name_to_handle_at", "nanosleep", "newfstatat",
	"nice", "oldfstat", "oldlstat", "oldolduname", "oldstat", "olduname", "open", "openat", "openat2", "pause",
	"pidfd_getfd", "pidfd_open", "pidfd_send_signal", "pipe", "pipe2", "pkey_alloc", "pkey_free", "pkey_mprotect",
	"poll", "ppoll", "ppoll_time64", "prctl", "pread64", "preadv", "preadv2", "prlimit64", "process_mrelease",
	"pselect6", "pselect6_time64", "ptrace", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readdir",
	"readlink", "readlinkat", "readv", "recv", "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg", "remap_file_pages",
	"removexattr", "removexattrat", "rename", "renameat", "renameat2", "restart_syscall", "riscv_flush_icache", "rmdir",
	"rseq", "rseq_slice_yield", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn",
	"rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait_time64", "rt_tgsigqueueinfo", "sched_get_priority_max",
	"sched_get_priority_min", "sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler",
	"sched_rr_get_interval", "sched_rr_get_interval_time64", "sched_setaffinity", "sched_setattr", "sched_setparam",
	"sched_setscheduler", "sched_yield", "seccomp", "select", "semctl", "semget", "semop", "semtimedop",
	"semtimedop_time64", "send", "sendfile", "sendfile64", "sendmmsg", "sendmsg", "sendto", "set_mempolicy",
	"set_mempolicy_home_node", "set_robust_list", "set_thread_area", "set_tid_address", "set_tls", "setdomainname",
	"setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid", "setgid32", "setgroups", "setgroups32", "sethostname",
	"setitimer", "setpgid", "setpriority", "setregid", "setregid32", "setresgid", "setresgid32", "setresuid",
	"setresuid32", "setreuid", "setreuid32", "setrlimit", "setsid", "setsockopt", "setuid", "setuid32", "setxattr",
	"setxattrat", "sgetmask", "shmat", "shmctl", "shmdt", "shmget", "shutdown", "sigaction", "sigaltstack", "signal",
	"signalfd", "signalfd4", "sigpending", "sigprocmask", "sigreturn", "sigsuspend", "socketcall", "socketpair",
	"splice", "ssetmask", "stat", "stat64", "statfs", "statfs64", "statx", "symlink", "symlinkat", "sync",
	"sync_file_range", "sync_file_range2", "syncfs", "syscall", "sysinfo", "tee", "tgkill", "time", "timer_create",
	"timer_delete", "timer_getoverrun", "timer_gettime", "timer_gettime64", "timer_settime", "timer_settime64",
	"timerfd_create", "timerfd_gettime", "timerfd_gettime64", "timerfd_settime", "timerfd_settime64", "times", "tkill",
	"truncate", "truncate64", "ugetrlimit", "umask", "uname", "unlink", "unlinkat", "usr26", "usr32", "utime",
	"utimensat", "utimensat_time64", "utimes", "vfork", "vmsplice", "wait4", "waitid", "waitpid", "write", "writev",
	NULL,
};

static const char *const allowed_for_system[] = {
	"mount", "mount_setattr", "move_mount", "umount", "umount2", "pivot_root", "setns", "unshare", "fsconfig", "fsmount",
	"fsopen", "fspick", "open_tree", "open_tree_attr", "open_by_handle_at", "keyctl", "add_key", "request_key",
	"fanotify_init", "reboot", "vhangup", "quotactl", "quotactl_fd", "kcmp", "bpf", "statmount", "listmount", NULL,
};

static const char *const architectures[] = {
#if defined(__x86_64__)
	"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32",
#elif defined(__aarch64__)
	"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM",
#elif defined(__riscv)
	"SCMP_ARCH_RISCV64",
#endif
	NULL
};
/* clang-format on */

/* Execution domains: Linux with and without the address space that is not randomized, 32 bits, and asking for it. */
static const json_int_t personalities[] = { 0x0, 0x8, 0x20000, 0x20008, 0xffffffff };

static json_t *names_array(const char *const *names)
{
	json_t *array = json_array();

	for (; array && *names; names++)
		(void)json_array_append_new(array, json_string(*names)); /* a missing one is noticed by its absence */
	return array;
}

static int add_rules(json_t *rules, bool is_system)
{
	int r = json_array_append_new(
		rules, json_pack("{s:o, s:s}", "names", names_array(allowed), "action", "SCMP_ACT_ALLOW"));

	r |= json_array_append_new(rules, json_pack("{s:[s], s:s, s:[{s:i, s:i, s:s}]}", "names", "socket", "action",
						    "SCMP_ACT_ALLOW", "args", "index", 0, "value", AF_VSOCK_NUMBER,
						    "op", "SCMP_CMP_NE"));
	for (size_t i = 0; i < sizeof(personalities) / sizeof(*personalities); i++)
		r |= json_array_append_new(rules, json_pack("{s:[s], s:s, s:[{s:i, s:I, s:s}]}", "names", "personality",
							    "action", "SCMP_ACT_ALLOW", "args", "index", 0, "value",
							    personalities[i], "op", "SCMP_CMP_EQ"));
	if (is_system) {
		r |= json_array_append_new(rules, json_pack("{s:o, s:s}", "names", names_array(allowed_for_system),
							    "action", "SCMP_ACT_ALLOW"));
		r |= json_array_append_new(
			rules, json_pack("{s:[s,s], s:s}", "names", "clone", "clone3", "action", "SCMP_ACT_ALLOW"));
		return r;
	}
	r |= json_array_append_new(rules, json_pack("{s:[s], s:s, s:[{s:i, s:i, s:i, s:s}]}", "names", "clone",
						    "action", "SCMP_ACT_ALLOW", "args", "index", 0, "value",
						    CLONE_NAMESPACES, "valueTwo", 0, "op", "SCMP_CMP_MASKED_EQ"));
	/* its flags lie in memory, where no filter looks: libc takes clone(2) then */
	r |= json_array_append_new(rules, json_pack("{s:[s], s:s, s:i}", "names", "clone3", "action", "SCMP_ACT_ERRNO",
						    "errnoRet", ENOSYS));
	return r;
}

json_t *seccomp_default(bool is_system)
{
	json_t *rules = json_array();

	if (!rules || add_rules(rules, is_system) < 0) {
		json_decref(rules);
		return NULL;
	}
	return json_pack("{s:s, s:i, s:o, s:o}", "defaultAction", "SCMP_ACT_ERRNO", "defaultErrnoRet", EPERM,
			 "architectures", names_array(architectures), "syscalls", rules);
}
