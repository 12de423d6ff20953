/* Time namespaces with offsets (time_namespaces(7)): these can be set only as long as nobody is inside, so that clone3(2) cannot
 * make one.  unshare(2) makes one for children; setns(2) lets the caller enter it itself, without a fork. */
#include "namespaces/ns.h"

#include <errno.h>
#include <inttypes.h>

#include "base/auto.h"
#include "base/sys.h"

/* As the kernel wants it, by one write(2): it takes no second one. */
static void add_line(const char *clock, const struct spec_time_offset *offset, struct str_buf *text)
{
	if (offset->is_set)
		str_append_f(text, "%s %" PRId64 " %" PRIu32 "\n", clock, offset->secs, offset->nanosecs);
}

static void add_words(const char *clock, const struct spec_time_offset *offset, struct str_buf *text)
{
	if (offset->is_set)
		str_append_f(text, "%s %s %" PRId64 " s %" PRIu32 " ns", text->size ? " and" : "set", clock,
			     offset->secs, offset->nanosecs);
}

static int describe(const struct spec_time_offsets *offsets, int number, struct err *err)
{
	autobuf text = { 0 };

	add_words("monotonic", &offsets->monotonic, &text);
	add_words("boottime", &offsets->boottime, &text);
	(void)err_sys(err, number, "linux.timeOffsets: %s", text.data ? text.data : "set");
	return number == ERANGE ? err_hint(err, "a clock would be negative, or show more than 146 years") : -number;
}

static int set_offsets(int fd, const struct spec_time_offsets *offsets, struct err *err)
{
	autobuf text = { 0 };

	add_line("monotonic", &offsets->monotonic, &text);
	add_line("boottime", &offsets->boottime, &text);
	if (text.failed)
		return err_memory(err);
	return write(fd, text.data, text.size) == (ssize_t)text.size ? 0 : describe(offsets, errno, err);
}

int ns_make_time(const struct ns_plan *plan, int offsets, struct err *err)
{
	if (unshare(CLONE_NEWTIME) < 0) {
		(void)err_sys(err, errno, "make the guest's time namespace");
		return err->number == EINVAL ? err_hint(err, "the kernel has none (CONFIG_TIME_NS)") : -err->number;
	}
	return set_offsets(offsets, plan->offsets, err);
}

int ns_enter_time(const struct ns_plan *plan, struct err *err)
{
	autofd offsets = open(NS_OFFSETS, O_WRONLY | O_CLOEXEC), fd = -1;
	int r;

	if (offsets < 0)
		return err_sys(err, errno, "open " NS_OFFSETS);
	r = ns_make_time(plan, offsets, err);
	if (r < 0)
		return r;
	fd = open("/proc/self/ns/time_for_children", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "open /proc/self/ns/time_for_children");
	return setns(fd, CLONE_NEWTIME) < 0 ? err_sys(err, errno, "enter the guest's time namespace") : 0;
}
