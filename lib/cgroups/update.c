/* Changing the limits of a group that is in use: all of them or none.
 *
 * Some files of the kernel bind each other: memory.limit_in_bytes never exceeds memory.memsw.limit_in_bytes, a burst never
 * its quota, an idle group takes no weight.  Which of two is to be written first depends on the values that are there.  So a
 * value that the kernel refuses is tried again after the others, as long as that gets further.  What then is still refused
 * is an error, and what was written before gets the text back that the file had. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "cgroups/delegate.h"
#include "cgroups/detect.h"
#include "cgroups/group.h"
#include "cgroups/members.h"
#include "cgroups/plan.h"
#include "cgroups/scope.h"

#define BEFORE_MAX  16384
#define ROUNDS_MAX 100

/* One write, and how to take it back. */
struct change {
	const struct cgroup_write *item;
	int dir;
	const char *before; /* NULL: the file cannot be read */
	int refused;	    /* errno of the last try */
	bool is_done;
};

struct update {
	const struct cgroup_plan *plan;
	struct cgroup_made *made;
	int dirs[CGROUP_HIERARCHIES_MAX];
	struct change *changes; /* in the order of the plan */
	size_t count;
	struct arena arena;
};

static int find_v1(const struct cgroup_layout *layout, const struct cgroup_made *made, unsigned int hierarchy,
		   struct group_v1 *ret)
{
	const char *at = made->v1;

	while (group_next_v1(layout, &at, ret))
		if (ret->hierarchy == hierarchy)
			return 0;
	return 1;
}

/* Put all processes of the tracked group into `to` as well.  A process that is forked meanwhile is born where its parent
 * is at that moment: another listing finds it. */
static int move_members(int from, int to, struct err *err)
{
	for (int i = 0; i < ROUNDS_MAX; i++) {
		struct pid_list all = { 0 }, there = { 0 };
		size_t next = 0, moved = 0;
		int r = group_list(from, &all);

		if (r == 0)
			r = group_list(to, &there);
		for (size_t k = 0; r == 0 && k < all.count; k++) {
			char text[16];

			while (next < there.count && there.items[next] < all.items[k])
				next++;
			if (next < there.count && there.items[next] == all.items[k])
				continue;
			(void)snprintf(text, sizeof(text), "%d", all.items[k]);
			r = file_write_knob(to, "cgroup.procs", text);
			moved += r >= 0;
			r = r == -ESRCH || r > 0 ? 0 : r; /* it ended */
		}
		free(all.items);
		free(there.items);
		if (r < 0)
			return err_sys(err, -r, "move the container's processes into a new group");
		if (!moved)
			return 0;
	}
	return err_set(err, EAGAIN, "the container forks faster than its processes can be moved into a new group");
}

static int open_v1(struct update *update, unsigned int hierarchy, int tracked, struct err *err)
{
	const struct cgroup_plan *plan = update->plan;
	struct group_v1 group;
	bool is_new = false;
	int unused = -1, r;

	if (find_v1(plan->layout, update->made, hierarchy, &group) > 0) {
		r = group_make(plan, hierarchy, update->made, &unused, err);
		if (r < 0)
			return r;
		is_new = true;
		if (find_v1(plan->layout, update->made, hierarchy, &group) > 0)
			return err_set(err, ENOENT, "cgroup %s of the container is gone", plan->path);
	}
	r = group_open(plan->layout, hierarchy, plan->path, group.inode, &update->dirs[hierarchy], err);
	if (r > 0)
		return err_set(err, ENOENT, "cgroup %s%s of the container is gone",
			       plan->layout->items[hierarchy].mount_point, plan->path);
	return r == 0 && is_new ? move_members(tracked, update->dirs[hierarchy], err) : r;
}

static int open_groups(struct update *update, struct err *err)
{
	const struct cgroup_plan *plan = update->plan;
	const unsigned int tracking = cgroup_tracking(plan->layout);
	char full[GROUP_PATH_MAX];
	bool unified;
	int r = group_open_tracking(plan->layout, update->made, &update->dirs[tracking], &unified, err);

	if (r > 0)
		return err_set(err, ENOENT, "cgroup %s of the container is gone", plan->path);
	if (r == 0 && unified) {
		group_full_path(plan->layout, tracking, plan->path, full);
		r = group_enable_controllers(plan, update->dirs[tracking], full,
					     strlen(plan->layout->items[tracking].mount_point), err);
	}
	for (unsigned int i = 0; r == 0 && i < plan->layout->count; i++)
		if (i != tracking && plan->hierarchies & 1u << i)
			r = open_v1(update, i, update->dirs[tracking], err);
	return r;
}

/* ---------------------------------------------------------------- taking back */

/* Files with a line per device: what is written for one that has no line there. */
static const struct {
	const char *file;
	const char *nothing;
} keyed[] = {
	{ "io.max", "rbps=max wbps=max riops=max wiops=max" },
	{ "io.weight", "default" },
	{ "io.bfq.weight", "default" },
	{ "io.latency", "target=0" },
	{ "rdma.max", "hca_handle=max hca_object=max" },
	{ "net_prio.ifpriomap", "0" },
	{ "blkio.", "0" }, /* all of them */
};

static const char *nothing_of(const char *file)
{
	for (size_t i = 0; i < ARRAY_SIZE(keyed); i++) {
		const char *rest = str_after(file, keyed[i].file);

		if (rest && (!*rest || keyed[i].file[strlen(keyed[i].file) - 1] == '.'))
			return keyed[i].nothing;
	}
	return NULL;
}

/* The text that brings back what `before` says.  NULL: it cannot be told, or memory ran out. */
static const char *text_before(struct update *update, const struct change *change)
{
	const char *file = change->item->file, *value = change->item->value, *line = change->before;
	const size_t key = strcspn(value, " ");
	const char *nothing = value[key] == ' ' ? nothing_of(file) : NULL;

	if (!line)
		return NULL;
	if (nothing && !str_after(value, "default ")) {
		for (; *line; line += strcspn(line, "\n"), line += *line == '\n')
			if (strncmp(line, value, key) == 0 && line[key] == ' ')
				return arena_printf(&update->arena, "%.*s", (int)strcspn(line, "\n"), line);
		return arena_printf(&update->arena, "%.*s %s", (int)key, value, nothing);
	}
	/* "oom_kill_disable 0" */
	if (str_eq(file, "memory.oom_control") && strchr(line, ' '))
		line = strchr(line, ' ') + 1;
	return arena_printf(&update->arena, "%.*s", (int)strcspn(line, "\n"), line);
}

/* The list of v1's devices controller: "a *:* rwm", or what is allowed. */
static int restore_devices(int dir, const char *list)
{
	char line[64];
	int r;

	if (*list == 'a')
		return file_write_knob(dir, "devices.allow", "a");
	r = file_write_knob(dir, "devices.deny", "a");
	for (; r >= 0 && *list; list += strcspn(list, "\n"), list += *list == '\n') {
		(void)snprintf(line, sizeof(line), "%.*s", (int)strcspn(list, "\n"), list);
		r = file_write_knob(dir, "devices.allow", line);
	}
	return r;
}

static bool is_device_list(const struct cgroup_write *item)
{
	return str_after(item->file, "devices.") != NULL;
}

static int restore(struct update *update, const struct change *change)
{
	const char *text;

	if (is_device_list(change->item))
		return change->before ? restore_devices(change->dir, change->before) : 0; /* the first has the list */
	text = text_before(update, change);
	if (!text)
		return -ENODATA;
	/* nothing is not written by writing nothing: a list of CPUs that was empty */
	return file_write_knob(change->dir, change->item->file, *text ? text : "\n");
}

/* As with the writes, in an order that the kernel takes. */
static void take_back(struct update *update)
{
	bool goes_on = true;

	while (goes_on) {
		goes_on = false;
		for (size_t i = update->count; i; i--) {
			struct change *change = &update->changes[i - 1];

			if (change->is_done && restore(update, change) >= 0) {
				change->is_done = false;
				goes_on = true;
			}
		}
	}
	for (size_t i = 0; i < update->count; i++)
		if (update->changes[i].is_done)
			log_warning("the earlier value of %s in cgroup %s cannot be restored",
				    update->changes[i].item->file, update->plan->path);
}

/* ---------------------------------------------------------------- writing */

/* Note what the file has.  Returns 0; 1 when this kernel lacks the file; or -errno. */
static int read_before(struct update *update, struct change *change, const char *file)
{
	char text[BEFORE_MAX];
	ssize_t n = file_read_short(change->dir, file, text, sizeof(text));

	if (n == -ENOENT)
		return 1;
	/* others: what cannot be read may still be written */
	change->before = n < 0 ? NULL : arena_strdup(&update->arena, text);
	return n < 0 || change->before ? 0 : -ENOMEM;
}

static bool may_lack(const struct cgroup_write *item)
{
	if (item->flags & (CGROUP_WRITE_OPTIONAL | CGROUP_WRITE_OR_NEXT))
		return true;
	return item->flags & CGROUP_WRITE_OR_NONE && (str_eq(item->value, "0") || str_eq(item->value, "max"));
}

static int collect(struct update *update, struct err *err)
{
	const struct cgroup_plan *plan = update->plan;
	bool has_list = false;
	size_t count = 0;

	for (const struct cgroup_write *item = plan->writes; item; item = item->next)
		count++;
	update->changes = ARENA_NEW(&update->arena, struct change, count);
	if (!update->changes)
		return err_memory(err);
	for (const struct cgroup_write *item = plan->writes; item; item = item->next) {
		struct change *change = &update->changes[update->count];
		int r = 0;

		*change = (struct change){ .item = item, .dir = update->dirs[item->hierarchy] };
		if (!is_device_list(item))
			r = read_before(update, change, item->file);
		else if (!has_list)
			r = read_before(update, change, "devices.list");
		has_list |= is_device_list(item);
		if (r < 0)
			return err_memory(err);
		if (r > 0 && may_lack(item))
			continue;
		update->count++;
		if (item->flags & CGROUP_WRITE_OR_NEXT && item->next)
			item = item->next;
	}
	return 0;
}

static int write_one(const struct cgroup_plan *plan, const struct change *change)
{
	int r = file_write_knob(change->dir, change->item->file, change->item->value);

	return r < 0 && is_device_list(change->item) && delegate_forgives_devices(plan, r) ? 0 : r;
}

static int replace_devices(const struct update *update, struct err *err)
{
	const struct cgroup_plan *plan = update->plan;
	int r = plan->devices.count ? device_program_replace(&plan->devices, update->dirs[plan->unified], err) : 0;

	if (r == 0 || !delegate_forgives_devices(plan, r))
		return r;
	log_debug("%s", err->text);
	return 0;
}

static int write_all(struct update *update, struct err *err)
{
	const struct change *first = NULL;
	bool goes_on = true;

	while (goes_on) {
		goes_on = false;
		first = NULL;
		for (size_t i = 0; i < update->count; i++) {
			struct change *change = &update->changes[i];
			int r = change->is_done ? 0 : write_one(update->plan, change);

			goes_on |= r >= 0 && !change->is_done;
			change->is_done = r >= 0;
			change->refused = r < 0 ? -r : 0;
			if (r < 0 && !first)
				first = change;
			if (r < 0 && r != -EINVAL && r != -EBUSY)
				return limit_refused(change->item, update->plan->path, -r, err);
		}
		if (!first)
			return 0;
	}
	return limit_refused(first->item, update->plan->path, first->refused, err);
}

/* The properties of the unit, which systemd applies to the group above.  writes: the plan's, or what was there before. */
static int tell_systemd(struct update *update, const struct cgroup_write *writes, struct err *err)
{
	struct scope_plan scope = { .tail = &scope.properties };
	const struct cgroup_plan *plan = update->plan;
	const char *unit = strstr(update->made->path, update->made->scope);
	const bool is_own = unit && str_eq(unit, update->made->scope);
	int r = scope_add_writes(&scope, writes, &update->arena, err);

	if (r == 0 && writes == plan->writes && plan->device_rules.count && scope_tells_devices(plan->layout, is_own))
		r = scope_add_devices(&scope, &plan->device_rules, &update->arena, err);
	return r < 0 ? r : scope_set(update->made->scope, scope.properties, err);
}

/* What the files had, as writes.  NULL: nothing, or memory ran out. */
static const struct cgroup_write *writes_before(struct update *update)
{
	struct cgroup_write *list = NULL;

	for (size_t i = update->count; i; i--) {
		const char *text = is_device_list(update->changes[i - 1].item)
					   ? NULL
					   : text_before(update, &update->changes[i - 1]);
		struct cgroup_write *item = text ? ARENA_NEW(&update->arena, struct cgroup_write, 1) : NULL;

		if (!item)
			continue;
		*item = *update->changes[i - 1].item;
		item->value = text;
		item->next = list;
		list = item;
	}
	return list;
}

/* A quota of v1 is never more than that of the group above, which is the scope's: more of it goes to systemd first. */
static int write_below_scope(struct update *update, struct err *err)
{
	const struct cgroup_plan *plan = update->plan;
	struct err other;
	int r = write_all(update, err);

	if (r != -EINVAL || plan->layout->mode == CGROUP_V2)
		return r < 0 ? r : tell_systemd(update, plan->writes, err);
	take_back(update);
	r = tell_systemd(update, plan->writes, err);
	if (r < 0)
		return r;
	r = write_all(update, err);
	if (r < 0) {
		take_back(update);
		if (tell_systemd(update, writes_before(update), &other) < 0)
			log_warning("the earlier properties cannot be restored: %s", other.text);
	}
	return r;
}

static int change_all(struct update *update, struct err *err)
{
	const struct cgroup_plan *plan = update->plan;
	int r = open_groups(update, err);

	if (r == 0 && plan->usage_below.is_set)
		r = limit_check_usage(plan, update->dirs[plan->memory], "", err);
	if (r == 0)
		r = collect(update, err);
	if (r < 0)
		return r;
	r = update->made->scope[0] ? write_below_scope(update, err) : write_all(update, err);
	if (r == 0)
		r = replace_devices(update, err);
	if (r < 0)
		take_back(update);
	return r;
}

int cgroup_plan_update(const struct spec_resources *resources, const struct cgroup_layout *layout,
		       const struct cgroup_made *made, struct arena *arena, struct cgroup_plan **ret, struct err *err)
{
	int r = plan_begin(layout, arena, ret, err);

	if (r < 0)
		return r;
	(*ret)->path = made->path;
	return plan_resources(*ret, resources, arena, err);
}

int cgroup_update(const struct cgroup_plan *plan, struct cgroup_made *made, struct err *err)
{
	struct update update = { .plan = plan, .made = made };
	int r;

	if (!plan->writes && !plan->devices.count)
		return 0;
	for (unsigned int i = 0; i < CGROUP_HIERARCHIES_MAX; i++)
		update.dirs[i] = -1;
	r = change_all(&update, err);
	for (unsigned int i = 0; i < CGROUP_HIERARCHIES_MAX; i++)
		auto_close(&update.dirs[i]);
	arena_free(&update.arena);
	return r;
}
