/* The namespaces to join, opened before anything is made or entered. */
#include "namespaces/ns.h"

#include <errno.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>

#include "base/auto.h"
#include "base/sys.h"

/* The name of a namespace's CLONE_NEW... flag, for messages. */
static const char *flag_name(int flag)
{
	for (int i = 0; i < SPEC_NS_COUNT; i++)
		if (ns_types[i].flag == flag)
			return ns_types[i].name;
	return "another";
}

static int open_one(struct ns_join *join, struct err *err)
{
	autofd fd = -1;
	struct statfs fs;
	int type;

	/* O_NONBLOCK: a FIFO at that path must not hold us */
	fd = open(join->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return err_sys(err, errno, "linux.namespaces[%u].path: %s", join->index, join->path);
	if ((uint64_t)(unsigned long)fs.f_type != SYS_NSFS_MAGIC)
		return err_user(err, "linux.namespaces[%u].path: %s is not a namespace", join->index, join->path);
	type = ioctl(fd, NS_GET_NSTYPE);
	if (type < 0)
		return err_sys(err, errno, "linux.namespaces[%u].path: type of %s", join->index, join->path);
	if (type != ns_types[join->type].flag)
		return err_user(err, "linux.namespaces[%u].path: %s is a namespace of type %s, not %s", join->index,
				join->path, flag_name(type), ns_types[join->type].name);
	join->fd = take_fd(&fd);
	return 0;
}

static bool is_same(int a, int b)
{
	struct stat first, second;

	return fstat(a, &first) == 0 && fstat(b, &second) == 0 && first.st_ino == second.st_ino &&
	       first.st_dev == second.st_dev;
}

/* Does the user namespace, or one below it, own the namespace?  The kernel tells of no owner or parent outside of the
 * caller's own user namespace (ioctl_ns(2)). */
static bool owns(int user, int fd)
{
	autofd at = ioctl(fd, NS_GET_USERNS);

	while (at >= 0 && !is_same(at, user)) {
		int parent = ioctl(at, NS_GET_PARENT);

		auto_close(&at);
		at = parent;
	}
	return at >= 0;
}

/* Who owns what decides the order, see ns_when(). */
static int compare_owners(struct ns_plan *plan, struct ns_join *user, struct err *err)
{
	autofd own = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);

	if (own < 0)
		return err_sys(err, errno, "open /proc/self/ns/user");
	user->is_own = is_same(own, user->fd);
	for (unsigned int i = 0; i < plan->join_count; i++)
		if (&plan->joins[i] != user)
			plan->joins[i].is_owned = owns(user->fd, plan->joins[i].fd);
	return 0;
}

int ns_open(struct ns_plan *plan, struct err *err)
{
	struct ns_join *user = NULL;
	int r = 0;

	for (unsigned int i = 0; r == 0 && i < plan->join_count; i++) {
		r = open_one(&plan->joins[i], err);
		if (plan->joins[i].type == SPEC_NS_USER)
			user = &plan->joins[i];
	}
	if (r == 0 && user)
		r = compare_owners(plan, user, err);
	if (r < 0)
		ns_close(plan);
	return r;
}

int ns_joined(const struct ns_plan *plan, enum spec_namespace_type type)
{
	for (unsigned int i = 0; i < plan->join_count; i++)
		if (plan->joins[i].type == type)
			return plan->joins[i].fd;
	return -1;
}

void ns_close(struct ns_plan *plan)
{
	for (unsigned int i = 0; i < plan->join_count; i++) {
		auto_close(&plan->joins[i].fd);
		plan->joins[i].fd = -1;
	}
}
