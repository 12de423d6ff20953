/* Writing the limits. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "cgroups/delegate.h"
#include "cgroups/group.h"
#include "cgroups/plan.h"

/* What an errno of a write to a knob means beyond its own words. */
static const struct {
	int number;
	const char *meaning;
} meanings[] = {
	{ ENOENT, "this kernel does not have the setting" },
	{ EINVAL, "the kernel does not accept this value" },
	{ ERANGE, "the value is out of the kernel's range" },
	{ EBUSY, "more than that is in use" },
	{ ENODEV, "there is no such device" },
	{ ENXIO, "there is no such device" },
	{ EACCES, "the group is not delegated to the caller" },
	{ EPERM, "the group above does not allow it" },
	{ EOPNOTSUPP, "this kernel does not support the setting" },
};

int limit_refused(const struct cgroup_write *item, const char *path, int number, struct err *err)
{
	(void)err_sys(err, number, "linux.resources.%s: write \"%s\" to %s of cgroup %s", item->property, item->value,
		      item->file, path);
	if (number == EINVAL && str_eq(item->property, "cpu.shares"))
		return err_hint(err, "the kernel does not accept this value; a group with cpu.idle 1 has no weight");
	for (size_t i = 0; i < ARRAY_SIZE(meanings); i++)
		if (meanings[i].number == number)
			return err_hint(err, "%s", meanings[i].meaning);
	return -number;
}

/* Where the limits are written: the plan, the groups' path, which systemd may have decided, and v2's group. */
struct target {
	const struct cgroup_plan *plan;
	const char *path;
	int v2_fd;
};

static int open_dir(const struct target *target, unsigned int hierarchy, const char *file, char *path, size_t room)
{
	const struct cgroup_plan *plan = target->plan;

	if ((int)hierarchy == plan->unified) {
		(void)snprintf(path, room, "%s", file);
		return target->v2_fd;
	}
	(void)snprintf(path, room, "%s%s/%s", plan->layout->items[hierarchy].mount_point, target->path, file);
	return AT_FDCWD;
}

/* Write one value.  Returns 0; 1 when the next write is passed over; or an error. */
static int write_one(const struct target *target, const struct cgroup_write *item, struct err *err)
{
	char path[GROUP_PATH_MAX + 256];
	int dir = open_dir(target, item->hierarchy, item->file, path, sizeof(path));
	int r = file_write_knob(dir, path, item->value);

	if (r >= 0)
		return item->flags & CGROUP_WRITE_OR_NEXT ? 1 : 0;
	if (r == -ENOENT) {
		if (item->flags & (CGROUP_WRITE_OPTIONAL | CGROUP_WRITE_OR_NEXT))
			return 0;
		if (item->flags & CGROUP_WRITE_OR_NONE && (str_eq(item->value, "0") || str_eq(item->value, "max")))
			return 0;
	}
	if (str_eq(item->property, "devices") && delegate_forgives_devices(target->plan, r))
		return 0;
	return limit_refused(item, target->path, -r, err);
}

/* A limit below what is in use would make the kernel kill. */
int limit_check_usage(const struct cgroup_plan *plan, int dir, const char *prefix, struct err *err)
{
	const bool unified = (int)plan->memory == plan->unified;
	char path[GROUP_PATH_MAX + 32], text[64];
	int64_t usage;

	(void)snprintf(path, sizeof(path), "%s%s", prefix, unified ? "memory.current" : "memory.usage_in_bytes");
	if (file_read_short(dir, path, text, sizeof(text)) < 0 || !str_i64(text, 0, INT64_MAX, &usage))
		return err_user(err, "linux.resources.memory.checkBeforeUpdate: the usage of cgroup %s cannot be read",
				plan->path);
	if (usage > plan->usage_below.value)
		return err_set(err, EBUSY,
			       "linux.resources.memory.limit: %" PRId64 " is less than the %" PRId64 " bytes in use",
			       plan->usage_below.value, usage);
	return 0;
}

static int check_usage_at(const struct target *target, struct err *err)
{
	const struct cgroup_plan *plan = target->plan;
	char path[GROUP_PATH_MAX];

	if ((int)plan->memory == plan->unified)
		return limit_check_usage(plan, target->v2_fd, "", err);
	(void)snprintf(path, sizeof(path), "%s%s/", plan->layout->items[plan->memory].mount_point, target->path);
	return limit_check_usage(plan, AT_FDCWD, path, err);
}

int cgroup_limit(const struct cgroup_plan *plan, const struct cgroup_made *made, int v2_fd, struct err *err)
{
	const struct target target = { .plan = plan, .path = made->path, .v2_fd = v2_fd };
	int r = 0;

	if (!made->path[0])
		return 0;
	if (plan->usage_below.is_set)
		r = check_usage_at(&target, err); /* a group that existed may have cached files charged to it */
	for (const struct cgroup_write *item = plan->writes; r == 0 && item; item = item->next) {
		r = write_one(&target, item, err);
		if (r > 0) {
			item = item->next;
			r = 0;
		}
	}
	if (r == 0 && plan->devices.count) {
		r = device_program_attach(&plan->devices, v2_fd, err);
		if (r < 0 && delegate_forgives_devices(plan, r)) {
			log_debug("%s", err->text);
			r = 0;
		}
	}
	return r;
}
