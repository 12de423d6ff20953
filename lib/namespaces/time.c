/* Time namespaces with offsets (time_namespaces(7)): these can be set only as long as nobody is inside, so that clone3(2) cannot
 * make one.  unshare(2) makes one for children; setns(2) lets the caller enter it itself, without a fork. */
#include "namespaces/ns.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/sys.h"

static int set_offset(const char *clock, const struct spec_time_offset *offset, struct err *err)
{
	char text[64];
	int r;

	if (!offset->is_set)
		return 0;
	(void)snprintf(text, sizeof(text), "%s %" PRId64 " %" PRIu32 "\n", clock, offset->secs, offset->nanosecs);
	r = file_write_knob(AT_FDCWD, "/proc/self/timens_offsets", text);
	if (r == 0)
		return 0;
	(void)err_sys(err, -r, "linux.timeOffsets.%s: set %" PRId64 " s and %" PRIu32 " ns", clock, offset->secs,
		      offset->nanosecs);
	if (r == -ERANGE)
		return err_hint(err, "the clock would be negative, or show more than 146 years");
	return r;
}

int ns_make_time(const struct ns_plan *plan, struct err *err)
{
	int r;

	if (unshare(CLONE_NEWTIME) < 0) {
		(void)err_sys(err, errno, "make the guest's time namespace");
		return err->number == EINVAL ? err_hint(err, "the kernel has none (CONFIG_TIME_NS)") : -err->number;
	}
	r = set_offset("monotonic", &plan->offsets->monotonic, err);
	return r < 0 ? r : set_offset("boottime", &plan->offsets->boottime, err);
}

int ns_enter_time(const struct ns_plan *plan, struct err *err)
{
	autofd fd = -1;
	int r = ns_make_time(plan, err);

	if (r < 0)
		return r;
	fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "open /proc/self/ns/time_for_children");
	return setns(fd, CLONE_NEWTIME) < 0 ? err_sys(err, errno, "enter the guest's time namespace") : 0;
}
