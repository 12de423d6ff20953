#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/sys.h"

#define KEY_MAX 256

/* Namespaces that the guest has for itself, as bits. */
enum {
	OWN_IPC = 1,
	OWN_NETWORK = 2,
	OWN_UTS = 4,
	OWN_USER = 8,
};

/* Keys below /proc/sys that are per namespace; one that ends with "*" stands for all that begin so. */
static const struct {
	const char *path;
	unsigned int needs;
	const char *namespace;
} keys[] = {
	{ "net/*", OWN_NETWORK, "network" },
	{ "fs/mqueue/*", OWN_IPC, "ipc" },
	{ "kernel/shm*", OWN_IPC, "ipc" },
	{ "kernel/msg*", OWN_IPC, "ipc" },
	{ "kernel/sem", OWN_IPC, "ipc" },
	{ "kernel/sem_next_id", OWN_IPC, "ipc" },
	{ "kernel/domainname", OWN_UTS, "uts" },
	{ "user/*", OWN_USER, "user" },
};

/* The path below /proc/sys for a key in either notation of sysctl(8): where the first separator is a dot, a slash stands for
 * a dot within a name (net.ipv4.conf.eth0/1.forwarding).  Returns false when the key is not a plain path of names. */
static bool key_path(const char *key, char path[KEY_MAX])
{
	size_t size = strlen(key), first = strcspn(key, "./");
	const char *last;
	bool dots = key[first] == '.';

	if (!size || size >= KEY_MAX || strstr(key, ".."))
		return false;
	for (size_t i = 0; i <= size; i++) {
		char c = key[i];

		if (c && ((unsigned char)c <= ' ' || c == 0x7f))
			return false;
		path[i] = !dots ? c : c == '.' ? '/' : c == '/' ? '.' : c;
	}
	/* no empty name, "." or "..": neither first, nor last, nor between */
	last = strrchr(path, '/');
	return path[0] != '/' && path[size - 1] != '/' && !strstr(path, "//") && !str_after(path, "./") &&
	       !strstr(path, "/./") && !strstr(path, "..") && !str_eq(last ? last + 1 : path, ".");
}

static bool matches(const char *pattern, const char *path)
{
	size_t size = strcspn(pattern, "*");

	return pattern[size] ? strncmp(path, pattern, size) == 0 && path[size] : str_eq(path, pattern);
}

static int check_one(const struct spec *spec, const struct spec_pair *pair, unsigned int own, struct err *err)
{
	char path[KEY_MAX];

	if (!key_path(pair->key, path))
		return err_user(err, "linux.sysctl[\"%.200s\"]: not a name of a sysctl", pair->key);
	if (!pair->value || strpbrk(pair->value, "\n\r"))
		return err_user(err, "linux.sysctl[\"%s\"]: the value has more than one line", pair->key);
	if (str_eq(path, "kernel/hostname"))
		return err_user(err, "linux.sysctl[\"%s\"]: is set by the property hostname", pair->key);
	if (str_eq(path, "kernel/domainname") && spec->domainname && *spec->domainname &&
	    !str_eq(spec->domainname, pair->value))
		return err_user(err, "linux.sysctl[\"%s\"]: conflicts with the property domainname", pair->key);
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (!matches(keys[i].path, path))
			continue;
		if (own & keys[i].needs)
			return 0;
		return err_user(err, "linux.sysctl[\"%s\"]: needs a %s namespace of the container's own", pair->key,
				keys[i].namespace);
	}
	return err_user(err, "linux.sysctl[\"%s\"]: is not in a separate kernel namespace, it would change the host",
			pair->key);
}

int sysctl_plan(const struct spec *spec, bool has_ipc_ns, bool has_network_ns, bool has_uts_ns, bool has_user_ns,
		struct err *err)
{
	unsigned int own = (has_ipc_ns ? OWN_IPC : 0) | (has_network_ns ? OWN_NETWORK : 0) |
			   (has_uts_ns ? OWN_UTS : 0) | (has_user_ns ? OWN_USER : 0);

	for (size_t i = 0; i < spec->linux_.sysctl.count; i++) {
		int r = check_one(spec, &spec->linux_.sysctl.items[i], own, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Open the key's file below /proc/sys, where neither a symlink nor anything mounted there can lead elsewhere. */
static int open_key(int sys, const char *path, int *ret_fd, struct err *err)
{
	autofd fd = sys_openat2(sys, path, O_WRONLY | O_CLOEXEC | O_NOCTTY, 0,
				RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
	int r;

	/* EPERM: an outer seccomp filter that does not know the call; the files themselves give EACCES */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM)) {
		r = path_open(sys, path, O_WRONLY, &fd, err);
		if (r < 0)
			return r;
	}
	if (fd < 0)
		return err_sys(err, errno, "open /proc/sys/%s", path);
	r = path_verify_fs(fd, SYS_PROC_MAGIC, 0, "the sysctl's file", err);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	return r;
}

static int apply_one(int sys, const struct spec_pair *pair, struct err *err)
{
	const char *value = *pair->value ? pair->value : "\n"; /* a write of nothing would change nothing */
	size_t size = strlen(value);
	char path[KEY_MAX];
	autofd fd = -1;
	ssize_t n;
	int r;

	if (!key_path(pair->key, path))
		return err_user(err, "linux.sysctl[\"%.200s\"]: not a name of a sysctl", pair->key);
	/* the kernel has no owner of a user namespace for this one file, and a system call that looks for the capability */
	if (str_eq(path, "kernel/domainname"))
		return setdomainname(value, size) < 0
			       ? err_sys(err, errno, "linux.sysctl[\"%s\"]: set to \"%s\"", pair->key, pair->value)
			       : 0;
	r = open_key(sys, path, &fd, err);
	if (r < 0)
		return err_in(err, "linux.sysctl[\"%s\"]", pair->key);
	n = write(fd, value, size);
	if (n < 0)
		return err_sys(err, errno, "linux.sysctl[\"%s\"]: set to \"%s\"", pair->key, pair->value);
	/* some handlers leave a rest that they do not understand */
	if ((size_t)n != size)
		return err_user(err, "linux.sysctl[\"%s\"]: the kernel took only a part of \"%s\"", pair->key,
				pair->value);
	return 0;
}

int sysctl_apply(const struct spec *spec, struct err *err)
{
	autofd sys = -1;
	int r;

	if (!spec->linux_.sysctl.count)
		return 0;
	sys = open("/proc/sys", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (sys < 0)
		return err_sys(err, errno, "open /proc/sys");
	r = path_verify_fs(sys, SYS_PROC_MAGIC, 0, "/proc/sys", err);
	for (size_t i = 0; i < spec->linux_.sysctl.count && r == 0; i++)
		r = apply_one(sys, &spec->linux_.sysctl.items[i], err);
	return r;
}
