/* The mappings of a user namespace (user_namespaces(7)): who may write them, and in which order. */
#include "namespaces/map.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/user.h"
#include "namespaces/clone.h"
#include "namespaces/map_program.h"

/* One of the two files. */
struct kind {
	const char *property; /* in config.json */
	const char *file;     /* in /proc/PID */
	int cap;	      /* that is needed, over the parent namespace, for more than one's own ID */
	const char *cap_name;
	const char *program;  /* that writes them for who has no such capability */
	uid_t (*own)(void);
};

static const struct kind uid_kind = { "linux.uidMappings", "uid_map", CAP_SETUID, "CAP_SETUID", MAP_PROGRAM_UID, geteuid };
static const struct kind gid_kind = { "linux.gidMappings", "gid_map", CAP_SETGID, "CAP_SETGID", MAP_PROGRAM_GID, getegid };

static int write_map(pid_t pid, const struct kind *kind, const struct spec_id_mappings *mappings, struct err *err)
{
	char path[40];
	autobuf text = { 0 };
	int r;

	for (size_t i = 0; i < mappings->count; i++)
		str_append_f(&text, "%u %u %u\n", mappings->items[i].container_id, mappings->items[i].host_id,
			     mappings->items[i].size);
	if (text.failed || !text.data)
		return text.failed ? err_memory(err) : err_user(err, "%s: missing", kind->property);
	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, kind->file);
	r = file_write_knob(AT_FDCWD, path, text.data); /* the kernel takes one write(2), and less than a page */
	if (r < 0)
		(void)err_sys(err, -r, "%s: write %zu mappings to %s", kind->property, mappings->count, path);
	if (r == -EPERM)
		return err_hint(err,
				"more than the caller's own ID needs %s on the host, and each hostID must exist there",
				kind->cap_name);
	return r;
}

/* Whoever may not set any group on the host could get rid of one that denies something: the kernel wants setgroups(2)
 * forbidden first (user_namespaces(7), CVE-2014-8989). */
static int deny_setgroups(pid_t pid, struct err *err)
{
	char path[40];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/setgroups", pid);
	r = file_write_knob(AT_FDCWD, path, "deny");
	return r < 0 ? err_sys(err, -r, "write \"deny\" to %s", path) : 0;
}

/* True if the mappings are what anybody may write for a namespace of his own. */
static bool is_own_alone(const struct kind *kind, const struct spec_id_mappings *mappings)
{
	return mappings->count == 1 && mappings->items[0].size == 1 && mappings->items[0].host_id == kind->own();
}

static int map(pid_t pid, const struct kind *kind, const struct spec_id_mappings *mappings, struct err *err)
{
	if (mappings->count && !is_own_alone(kind, mappings) && !user_has_capability(kind->cap))
		return map_program_run(kind->program, kind->property, pid, mappings, err);
	return write_map(pid, kind, mappings, err);
}

bool ns_map_denies_setgroups(const struct spec_id_mappings *gids)
{
	return is_own_alone(&gid_kind, gids) && !user_has_capability(CAP_SETGID);
}

int ns_map(pid_t pid, const struct spec_id_mappings *uids, const struct spec_id_mappings *gids, struct err *err)
{
	int r = map(pid, &uid_kind, uids, err);

	if (r == 0 && ns_map_denies_setgroups(gids))
		r = deny_setgroups(pid, err);
	return r < 0 ? r : map(pid, &gid_kind, gids, err);
}

/* What lives in the namespace until a descriptor refers to it: it tells its number, as the procfs at /proc has it (that may be
 * of an outer pid namespace), and ends with its parent's end of the socket. */
static _Noreturn void hold(int sock)
{
	char self[16] = "", byte;

	if (readlink("/proc/self", self, sizeof(self) - 1) > 0 && fd_send(sock, self, sizeof(self), -1) == 0)
		(void)!read(sock, &byte, 1); /* end of file */
	_exit(0);
}

static int map_held(int sock, const struct spec_id_mappings *uids, const struct spec_id_mappings *gids, int *ret_fd,
		    struct err *err)
{
	char text[16], path[40];
	uint64_t pid;
	ssize_t n = fd_receive(sock, text, sizeof(text), NULL);
	int r;

	if (n != sizeof(text) || text[sizeof(text) - 1] || !str_u64(text, INT32_MAX, &pid))
		return err_set(err, EIO, "make a user namespace: its process does not find itself in /proc");
	r = ns_map((pid_t)pid, uids, gids, err);
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (pid_t)pid);
	r = open(path, O_RDONLY | O_CLOEXEC);
	if (r < 0)
		return err_sys(err, errno, "open %s", path);
	*ret_fd = r;
	return 0;
}

int ns_make_user(const struct spec_id_mappings *uids, const struct spec_id_mappings *gids, int *ret_fd, struct err *err)
{
	/* no signal at its end: a library's caller may wait for children of its own */
	struct clone_args args = { .flags = CLONE_NEWUSER | CLONE_CLEAR_SIGHAND };
	autofd sock = -1;
	int pair[2], dumpable, r;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "make a socket pair");
	/* an unprivileged caller could not write the mappings then */
	dumpable = geteuid() == 0 ? clone_hide() : -1;
	pid = sys_clone3(&args);
	if (pid == 0) {
		(void)close(pair[0]);
		hold(pair[1]);
	}
	clone_show(dumpable);
	r = pid < 0 ? err_sys(err, errno, "make a user namespace") : 0;
	sock = pair[0];
	(void)close(pair[1]);
	if (pid < 0)
		return r;
	r = map_held(sock, uids, gids, ret_fd, err);
	(void)close(take_fd(&sock));
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	return r;
}
