/* System calls and constants that the oldest supported libc (glibc 2.36) has no wrapper for.  Each wrapper
 * returns what the kernel returns through syscall(2): -1 and errno on failure.  Nothing else in the tree
 * calls syscall(2), so that a test can replace this file's functions. */
#pragma once

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* open_how.resolve of every path below a rootfs: nothing leaves the root, no /proc magic links */
#define SYS_RESOLVE_IN_ROOT (RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)

/* magic numbers of statfs(2); linux/magic.h has them, with conflicting includes on some hosts */
#define SYS_PROC_MAGIC	  0x9fa0
#define SYS_SYSFS_MAGIC	  0x62656572
#define SYS_DEVPTS_MAGIC  0x1cd1
#define SYS_TMPFS_MAGIC	  0x01021994
#define SYS_CGROUP2_MAGIC 0x63677270
#define SYS_CGROUP_MAGIC  0x27e0eb
#define SYS_NSFS_MAGIC	  0x6e736673
#define SYS_PIDFS_MAGIC	  0x50494446
#define SYS_RESCTRL_MAGIC 0x7655821
#define SYS_SELINUX_MAGIC 0xf97cff8c

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000
#endif
#ifndef MS_NOSYMFOLLOW
#define MS_NOSYMFOLLOW 256
#endif

/* clone3(2) without a new stack: returns twice, like fork. */
static inline pid_t sys_clone3(struct clone_args *args)
{
	return (pid_t)syscall(SYS_clone3, args, sizeof(*args));
}

static inline int sys_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve)
{
	struct open_how how = { .flags = flags, .mode = mode, .resolve = resolve };

	return (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));
}

static inline int sys_open_tree(int dir, const char *path, unsigned int flags)
{
	return (int)syscall(SYS_open_tree, dir, path, flags);
}

/* open_tree(2) and mount_setattr(2) in one (Linux 6.15). */
static inline int sys_open_tree_attr(int dir, const char *path, unsigned int flags, struct mount_attr *attr)
{
	return (int)syscall(SYS_open_tree_attr, dir, path, flags, attr, sizeof(*attr));
}

static inline int sys_move_mount(int from_dir, const char *from, int to_dir, const char *to, unsigned int flags)
{
	return (int)syscall(SYS_move_mount, from_dir, from, to_dir, to, flags);
}

static inline int sys_mount_setattr(int dir, const char *path, unsigned int flags, struct mount_attr *attr)
{
	return (int)syscall(SYS_mount_setattr, dir, path, flags, attr, sizeof(*attr));
}

static inline int sys_fsopen(const char *type, unsigned int flags)
{
	return (int)syscall(SYS_fsopen, type, flags);
}

static inline int sys_fsconfig(int fs, unsigned int command, const char *key, const void *value, int aux)
{
	return (int)syscall(SYS_fsconfig, fs, command, key, value, aux);
}

static inline int sys_fsmount(int fs, unsigned int flags, unsigned int attributes)
{
	return (int)syscall(SYS_fsmount, fs, flags, attributes);
}

static inline int sys_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

static inline int sys_pidfd_open(pid_t pid, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

static inline int sys_pidfd_send_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

static inline int sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static inline int sys_execveat(int dir, const char *path, char *const argv[], char *const envp[], int flags)
{
	return (int)syscall(SYS_execveat, dir, path, argv, envp, flags);
}

/* getcwd(2) itself: unlike libc's it tells an unreachable directory by "(unreachable)".  Returns the
 * length with the NUL. */
static inline long sys_getcwd(char *buf, size_t size)
{
	return syscall(SYS_getcwd, buf, size);
}

static inline int sys_bpf(int command, void *attr, unsigned int size)
{
	return (int)syscall(SYS_bpf, command, attr, size);
}

static inline int sys_seccomp(unsigned int operation, unsigned int flags, void *args)
{
	return (int)syscall(SYS_seccomp, operation, flags, args);
}

static inline long sys_keyctl(int operation, unsigned long a, unsigned long b, unsigned long c)
{
	return syscall(SYS_keyctl, operation, a, b, c);
}

/* The ID-setting calls of one thread, as libc's variants would signal all threads. */
static inline int sys_setresuid(uid_t uid)
{
	return (int)syscall(SYS_setresuid, uid, uid, uid);
}

static inline int sys_setresgid(gid_t gid)
{
	return (int)syscall(SYS_setresgid, gid, gid, gid);
}

static inline int sys_setgroups(size_t count, const gid_t *groups)
{
	return (int)syscall(SYS_setgroups, count, groups);
}

/* capget(2) and capset(2) of this thread; header and data are those of linux/capability.h, version 3. */
static inline int sys_capget(void *header, void *data)
{
	return (int)syscall(SYS_capget, header, data);
}

static inline int sys_capset(void *header, const void *data)
{
	return (int)syscall(SYS_capset, header, data);
}

/* attr: struct sched_attr of sched_setattr(2), whose `size` member tells how much of it there is. */
static inline int sys_sched_setattr(pid_t pid, const void *attr, unsigned int flags)
{
	return (int)syscall(SYS_sched_setattr, pid, attr, flags);
}

static inline int sys_ioprio_set(int which, int who, int priority)
{
	return (int)syscall(SYS_ioprio_set, which, who, priority);
}

/* nodes: a bit mask of `count` bits, in words; NULL with count 0. */
static inline int sys_set_mempolicy(int mode, const unsigned long *nodes, unsigned long count)
{
	return (int)syscall(SYS_set_mempolicy, mode, nodes, count);
}

/* ioctl_pidfd: what the kernel tells of the process, since Linux 6.13; how it ended, to whoever holds a pidfd, since 6.15. */
#define SYS_PIDFD_INFO_EXIT (UINT64_C(1) << 3)
struct sys_pidfd_info {
	uint64_t mask; /* in: what is asked for; out: what is told */
	uint64_t cgroup;
	uint32_t pid, tgid, ppid, ids[8];
	int32_t exit_code; /* as of waitpid(2) */
};

static inline int sys_pidfd_get_info(int pidfd, struct sys_pidfd_info *info)
{
	return ioctl(pidfd, _IOWR(0xff, 11, struct sys_pidfd_info), info);
}
