/* v2: memory.events, which poll(2) tells about.  v1: an eventfd that is registered by cgroup.event_control
 * (Documentation/admin-guide/cgroup-v1/memory.rst, section 10). */
#include "cgroups/oom.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <poll.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "cgroups/detect.h"
#include "cgroups/group.h"

static int register_event(int dir, struct cgroup_oom *oom, struct err *err)
{
	char text[32];
	int r;

	oom->control = openat(dir, "memory.oom_control", O_RDONLY | O_CLOEXEC);
	if (oom->control < 0)
		return errno == ENOENT ? 1 : err_sys(err, errno, "open memory.oom_control");
	oom->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (oom->fd < 0)
		return err_sys(err, errno, "make an eventfd");
	oom->events = POLLIN;
	(void)snprintf(text, sizeof(text), "%d %d", oom->fd, oom->control);
	r = file_write_knob(dir, "cgroup.event_control", text);
	return r < 0 ? err_sys(err, -r, "ask for events of memory.oom_control") : 0;
}

static int open_v1(const struct cgroup_layout *layout, const struct cgroup_made *made, struct cgroup_oom *oom,
		   struct err *err)
{
	const char *at = made->v1;
	struct group_v1 group;

	while (group_next_v1(layout, &at, &group)) {
		autofd dir = -1;
		int r;

		if (!cgroup_has_word(layout->items[group.hierarchy].controllers, "memory", ','))
			continue;
		r = group_open(layout, group.hierarchy, made->path, group.inode, &dir, err);
		return r == 0 ? register_event(dir, oom, err) : r;
	}
	return 1;
}

int cgroup_oom_open(const struct cgroup_layout *layout, const struct cgroup_made *made, struct cgroup_oom *ret,
		    struct err *err)
{
	autofd dir = -1;
	int r = group_open_tracking(layout, made, &dir, &ret->is_unified, err);

	if (r != 0)
		return r;
	if (ret->is_unified) {
		ret->fd = openat(dir, "memory.events", O_RDONLY | O_CLOEXEC);
		if (ret->fd >= 0) {
			ret->events = POLLPRI;
			(void)cgroup_oom_happened(ret); /* what was before is not told */
			return 0;
		}
		if (errno != ENOENT)
			return err_sys(err, errno, "open memory.events");
		ret->is_unified = false;
	}
	return open_v1(layout, made, ret, err);
}

bool cgroup_oom_happened(struct cgroup_oom *oom)
{
	uint64_t count, before = oom->seen;
	int64_t kills;

	if (oom->fd < 0)
		return false;
	if (!oom->is_unified) /* the end of the group is told in the same way */
		return read(oom->fd, &count, sizeof(count)) == sizeof(count) &&
		       faccessat(oom->control, "", F_OK, AT_EMPTY_PATH) == 0;
	kills = group_read_event(oom->fd, "oom_kill");
	if (kills >= 0)
		oom->seen = (uint64_t)kills;
	return oom->seen > before;
}

void cgroup_oom_close(struct cgroup_oom *oom)
{
	auto_close(&oom->fd);
	auto_close(&oom->control);
	*oom = (struct cgroup_oom)CGROUP_OOM_CLOSED;
}
