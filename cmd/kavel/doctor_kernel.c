/* What the kernel has. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/sys.h"
#include "doctor.h"
#include "seccomp/seccomp.h"

#define PIDFS_MAGIC 0x50494446u

static void check_version(struct doctor *doctor)
{
	struct utsname name;
	unsigned long version;
	char *end;

	if (uname(&name) < 0) {
		doctor_tell(doctor, DOCTOR_WARN, "use Linux 6.1 or newer", "the kernel's version cannot be told");
		return;
	}
	version = strtoul(name.release, &end, 10) << 16;
	version |= *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	if (version < (5u << 16 | 12))
		doctor_tell(doctor, DOCTOR_FAIL, "use Linux 6.1 or newer", "Linux %s lacks mount_setattr(2)",
			    name.release);
	else if (version < (6u << 16 | 1u))
		doctor_tell(doctor, DOCTOR_WARN, "use Linux 6.1 or newer, on which kavel is tested", "Linux %s on %s",
			    name.release, name.machine);
	else
		doctor_tell(doctor, DOCTOR_OK, NULL, "Linux %s on %s", name.release, name.machine);
}

/* ---------------------------------------------------------------- system calls */

/* Each is called so that it can only fail; with ENOSYS where the kernel has none. */
static long try_clone3(void)
{
	return sys_clone3(NULL);
}

static long try_openat2(void)
{
	return sys_openat2(-1, "", 0, 0, 0);
}

static long try_pidfd_open(void)
{
	return sys_pidfd_open(-1, 0);
}

static long try_close_range(void)
{
	return sys_close_range(2, 1, 0);
}

static long try_open_tree(void)
{
	return sys_open_tree(-1, "", 0);
}

static long try_fsopen(void)
{
	return sys_fsopen("", 0);
}

static long try_mount_setattr(void)
{
	struct mount_attr attr = { .attr_set = 0 };

	return sys_mount_setattr(-1, "", 0, &attr);
}

static long try_open_tree_attr(void)
{
	struct mount_attr attr = { .attr_set = 0 };

	return sys_open_tree_attr(-1, "", 0, &attr);
}

static const struct {
	const char *name;
	long (*call)(void);
	enum doctor_status missing;
	const char *since, *lost;
} calls[] = {
	{ "clone3", try_clone3, DOCTOR_FAIL, "5.3", "no container can be made" },
	{ "pidfd_open", try_pidfd_open, DOCTOR_FAIL, "5.3", "processes cannot be told apart for sure" },
	{ "openat2", try_openat2, DOCTOR_WARN, "5.6", "paths of a rootfs are resolved step by step, which takes longer" },
	{ "close_range", try_close_range, DOCTOR_FAIL, "5.9", "descriptors cannot be kept from containers" },
	{ "open_tree", try_open_tree, DOCTOR_FAIL, "5.2", "no bind mounts" },
	{ "fsopen", try_fsopen, DOCTOR_FAIL, "5.2", "no idmapped file systems" },
	{ "mount_setattr", try_mount_setattr, DOCTOR_FAIL, "5.12", "no idmapped and no recursively read-only mounts" },
	{ "open_tree_attr", try_open_tree_attr, DOCTOR_OK, "6.15", "two calls are made instead" },
};

static void check_calls(struct doctor *doctor)
{
	unsigned int there = 0;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		char change[160];

		if (calls[i].call() >= 0 || errno != ENOSYS) {
			there++;
			continue;
		}
		(void)snprintf(change, sizeof(change),
			       "use Linux %s or newer, or a seccomp filter around kavel that allows it",
			       calls[i].since);
		doctor_tell(doctor, calls[i].missing, calls[i].missing ? change : NULL, "%s(2) is missing: %s",
			    calls[i].name, calls[i].lost);
	}
	doctor_tell(doctor, DOCTOR_OK, NULL, "%u of %zu system calls that are not in every kernel", there,
		    ARRAY_SIZE(calls));
}

static void check_pidfs(struct doctor *doctor)
{
	autofd fd = sys_pidfd_open(getpid(), 0);
	struct statfs fs;

	if (fd >= 0 && fstatfs(fd, &fs) == 0 && (unsigned int)fs.f_type == PIDFS_MAGIC)
		doctor_tell(doctor, DOCTOR_OK, NULL, "pidfs: a process has a number of its own until the next boot");
	else
		doctor_tell(doctor, DOCTOR_OK, NULL,
			    "without pidfs (Linux 6.9): processes are told apart by their start times");
}

/* ---------------------------------------------------------------- parts of the kernel */

static void check_namespaces(struct doctor *doctor)
{
	static const char *const types[] = { "mnt", "pid", "net", "ipc", "uts", "cgroup", "user", "time" };
	char path[40];
	bool all = true;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		(void)snprintf(path, sizeof(path), "/proc/self/ns/%s", types[i]);
		if (access(path, F_OK) == 0)
			continue;
		all = false;
		doctor_tell(doctor, str_eq(types[i], "time") ? DOCTOR_WARN : DOCTOR_FAIL,
			    "use a kernel with that kind of namespace", "no %s namespaces", types[i]);
	}
	if (all)
		doctor_tell(doctor, DOCTOR_OK, NULL, "all eight kinds of namespaces");
}

static void check_seccomp(struct doctor *doctor)
{
	const char *actions = doctor_read(doctor, "/proc/sys/kernel/seccomp/actions_avail");

	if (!actions)
		doctor_tell(doctor, DOCTOR_FAIL, "use a kernel with CONFIG_SECCOMP_FILTER",
			    "no seccomp filters: configurations that have one are refused");
	else if (!strstr(actions, "user_notif"))
		doctor_tell(doctor, DOCTOR_WARN, "use a newer kernel",
			    "seccomp filters without notification of agents");
	else
		doctor_tell(doctor, DOCTOR_OK, NULL, "seccomp filters, with notification");
}

static void check_lsm(struct doctor *doctor)
{
	bool apparmor = doctor_read_number(doctor, "/sys/module/apparmor/parameters/enabled", 0) > 0;
	bool selinux = doctor_has(doctor, "/sys/fs/selinux/enforce");

	if (apparmor)
		doctor_tell(doctor, DOCTOR_OK, NULL, "AppArmor is on");
	if (selinux)
		doctor_tell(doctor, DOCTOR_OK, NULL, "SELinux is on");
	if (!apparmor && !selinux)
		doctor_tell(doctor, DOCTOR_OK, NULL,
			    "neither AppArmor nor SELinux: configurations that name a profile or label are refused");
}

static void check_overlay(struct doctor *doctor)
{
	const char *types = doctor_read(doctor, "/proc/filesystems");

	if (types && strstr(types, "\toverlay\n"))
		doctor_tell(doctor, DOCTOR_OK, NULL, "overlay file systems");
	else
		doctor_tell(doctor, DOCTOR_WARN, "modprobe overlay, and add it to /etc/modules-load.d",
			    "no overlay file system is loaded: engines' images and org.kavel.overlay.* need it");
}

static void check_devpts(struct doctor *doctor)
{
	if (doctor_has(doctor, "/dev/pts/ptmx"))
		doctor_tell(doctor, DOCTOR_OK, NULL, "devpts at /dev/pts");
	else
		doctor_tell(doctor, DOCTOR_WARN, "mount -t devpts devpts /dev/pts",
			    "no devpts at /dev/pts: callers have no terminals");
}

static void check_keys(struct doctor *doctor)
{
	const char *path = doctor->is_root ? "/proc/sys/kernel/keys/root_maxkeys" : "/proc/sys/kernel/keys/maxkeys";
	long most = doctor_read_number(doctor, path, 0);

	if (most && most < 1000)
		doctor_tell(doctor, DOCTOR_WARN, "sysctl -w kernel.keys.maxkeys=20000, or --no-new-keyring",
			    "%ld keys for a user: each container has a session keyring", most);
	else
		doctor_tell(doctor, DOCTOR_OK, NULL, most ? "%ld keys for a user" : "no keyrings", most);
}

static void check_own_version(struct doctor *doctor)
{
	doctor_tell(doctor, DOCTOR_OK, NULL,
		    "kavel " KAVEL_VERSION ", specification " CONTAINER_OCI_VERSION ", libseccomp %s",
		    seccomp_library_version());
}

const struct doctor_check doctor_kernel_checks[] = {
	{ "kavel", check_own_version },
	{ "kernel", check_version },
	{ "calls", check_calls },
	{ "pidfs", check_pidfs },
	{ "namespaces", check_namespaces },
	{ "seccomp", check_seccomp },
	{ "lsm", check_lsm },
	{ "overlay", check_overlay },
	{ "devpts", check_devpts },
	{ "keys", check_keys },
	{ NULL, NULL },
};
