/* Mounts of a container that is there.  This side plans and copies what is to be bound; a process of its own enters the container's
 * namespaces for the rest.  It is not in the container's pid namespace, where it could be traced, and cannot be dumped. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/sys.h"
#include "container/lifecycle.h"
#include "container/state.h"
#include "namespaces/map.h"
#include "namespaces/ns.h"
#include "process/label.h"
#include "rootfs/rootfs.h"

/* Those that mounting depends on. */
#define JOINED (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWNET)

struct change {
	enum container_mounts what;
	struct state *state;
	int init; /* pidfd */
	struct spec_document *config, *file;
	struct spec spec; /* the container's, with the mounts of the file */
	struct ns_plan ns;
	struct arena arena;
	struct rootfs_plan *plan; /* NULL to take away */
	struct rootfs rootfs;
};

/* What the process leaves, in memory that it shares. */
struct result {
	int r;
	struct err err;
};

/* ---------------------------------------------------------------- the plan */

static int read_file(const char *file, struct change *change, struct err *err)
{
	autofree char *text = NULL;
	size_t size;
	int r = file_read_stream(file, SPEC_SIZE_MAX, &text, &size, err);

	if (r == 0)
		r = spec_parse_mounts(text, size, file, &change->file, err);
	if (r == 0)
		r = state_load_config(change->state, &change->config, err);
	if (r < 0)
		return r;
	change->spec = *spec_of(change->config);
	change->spec.mounts = spec_of(change->file)->mounts;
	return 0;
}

static int make_plan(struct change *change, struct err *err)
{
	const struct rootfs_context context = {
		.bundle = change->state->bundle,
		.is_late = true,
		.has_mount_ns = true,
		.has_selinux = change->spec.linux_.mount_label && label_has_selinux(),
		.has_user_ns = ns_is_private(&change->ns, SPEC_NS_USER),
		.uids = change->ns.uids,
		.gids = change->ns.gids,
		.has_network_ns = ns_is_private(&change->ns, SPEC_NS_NETWORK),
		.has_cgroup_ns = true, /* cgroups are refused afterwards, whichever there are */
		.cgroup_layout = "v2",
	};
	int r = spec_check_mounts(&change->spec, err);

	if (r == 0)
		r = rootfs_plan(&change->spec, &context, &change->arena, &change->plan, err);
	return r < 0 ? r : rootfs_check_late(change->plan, err);
}

static int decide(struct change *change, struct err *err)
{
	int r = ns_plan(&change->spec, &change->ns, err);

	if (r < 0)
		return r;
	if (!ns_is_new(&change->ns, SPEC_NS_MOUNT))
		return err_set(err, ENOTSUP, "it has no mount namespace of its own");
	/* got one unasked: what it has tells, see container_host.makes_user_ns */
	if (!ns_is_private(&change->ns, SPEC_NS_USER)) {
		int differ = 0;

		r = ns_differ(change->state->init.pid, &differ, err);
		if (r == 0 && (differ & CLONE_NEWUSER))
			ns_plan_add_user(&change->spec, &change->ns);
	}
	return r < 0 || change->what == CONTAINER_MOUNTS_REMOVE ? r : make_plan(change, err);
}

/* ---------------------------------------------------------------- what this side makes */

/* A descriptor of a user namespace with one of the plan's mappings. */
static int open_mapping(const struct change *change, size_t index, int *ret_fd, struct err *err)
{
	const struct spec_id_mappings *uids, *gids;
	char path[40];

	if (rootfs_mapping(change->plan, index, &uids, &gids))
		return ns_make_user(uids, gids, ret_fd, err);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", change->state->init.pid);
	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	return *ret_fd < 0 ? err_sys(err, errno, "open the container's user namespace") : 0;
}

static int prepare(struct change *change, struct err *err)
{
	size_t count = change->plan ? rootfs_mapping_count(change->plan) : 0, opened = 0;
	autofree int *users = calloc(count + 1, sizeof(*users));
	int r = users ? 0 : err_memory(err);

	for (; r == 0 && opened < count; opened += r == 0)
		r = open_mapping(change, opened, &users[opened], err);
	if (r == 0 && change->plan)
		r = rootfs_prepare(change->plan, users, &change->rootfs, err);
	while (opened)
		auto_close(&users[--opened]);
	return r;
}

/* ---------------------------------------------------------------- in the container */

/* The rights over its files are those of the container's root: on files that are not mapped the kernel gives no others. */
static int become_root(int joined, struct err *err)
{
	if (!(joined & CLONE_NEWUSER))
		return 0;
	/* EINVAL: that namespace has no root */
	if ((sys_setresgid(0) < 0 && errno != EINVAL) || (sys_setresuid(0) < 0 && errno != EINVAL))
		return err_sys(err, errno, "become the root of the container's user namespace");
	return 0;
}

static int work(struct change *change, struct err *err)
{
	struct ns_beside beside = { .init = change->init, .pid = change->state->init.pid };
	autofd fds = open("/proc/self/fd", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fds < 0)
		return err_sys(err, errno, "open /proc/self/fd");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_sys(err, errno, "hide from the container");
	r = ns_differ(beside.pid, &beside.flags, err);
	beside.flags &= JOINED;
	if (r == 0)
		r = ns_join_beside(&beside, err);
	if (r == 0)
		r = become_root(beside.flags, err);
	if (r < 0)
		return r;
	(void)umask(0);
	if (change->plan)
		return rootfs_add(change->plan, &change->rootfs, fds, err);
	return rootfs_take_away(&change->spec, &change->spec.mounts, fds, err);
}

static int enter(struct change *change, struct result *result, struct err *err)
{
	/* no signal at its end: a library's caller may wait for children of its own */
	struct clone_args args = { .flags = CLONE_CLEAR_SIGHAND };
	pid_t pid = sys_clone3(&args);

	if (pid == 0) {
		result->r = work(change, &result->err);
		_exit(0);
	}
	if (pid < 0)
		return err_sys(err, errno, "make a process for the container's mounts");
	while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
		;
	if (result->r == 1)
		return err_set(err, ECONNRESET, "the process that mounts ended without a word");
	*err = result->err;
	return result->r;
}

static int run(struct change *change, struct err *err)
{
	struct result *result = mmap(NULL, sizeof(*result), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int r;

	if (result == MAP_FAILED)
		return err_sys(err, errno, "map shared memory");
	result->r = 1;
	r = enter(change, result, err);
	(void)munmap(result, sizeof(*result));
	return r;
}

int container_mounts(const struct container_host *host, const char *id, enum container_mounts what, const char *file,
		     struct err *err)
{
	struct state state = STATE_CLOSED;
	struct change change = { .what = what, .state = &state, .init = -1, .rootfs = ROOTFS_CLOSED };
	enum container_status status;
	int r = lifecycle_open(host, id, LIFECYCLE_MOUNTS, &state, err);

	if (r == 0)
		r = state_status(&state, &status, &change.init, err);
	if (r == 0 && change.init < 0)
		r = lifecycle_refuse("change the mounts of", id, status, err);
	if (r == 0)
		r = read_file(file, &change, err);
	if (r == 0)
		r = decide(&change, err);
	if (r == 0)
		r = prepare(&change, err);
	if (r == 0)
		r = run(&change, err);
	rootfs_release(&change.rootfs);
	arena_free(&change.arena);
	spec_free(change.config);
	spec_free(change.file);
	auto_close(&change.init);
	state_close(&state);
	return r;
}
