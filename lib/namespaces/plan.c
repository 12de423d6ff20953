#include "namespaces/ns.h"

#include <inttypes.h>

#include "base/auto.h"
#include "base/sys.h"

/* The mount namespace comes last, as joining it changes the root and the current directory.  Where the user namespace stands
 * among them says ns_when(). */
static const enum spec_namespace_type join_order[] = {
	SPEC_NS_USER, SPEC_NS_PID,  SPEC_NS_IPC,    SPEC_NS_UTS,
	SPEC_NS_NETWORK, SPEC_NS_CGROUP, SPEC_NS_TIME, SPEC_NS_MOUNT,
};
_Static_assert(ARRAY_SIZE(join_order) == SPEC_NS_COUNT, "each type is joined at some point");

/* Made by unshare(2), after the process is in its cgroup: the namespace's root is the cgroup of that moment. */
#define NS_LATE CLONE_NEWCGROUP

static int check_item(const struct spec_namespaces *list, size_t index, struct err *err)
{
	const struct spec_namespace *ns = &list->items[index];
	const char *name = ns_types[ns->type].name;

	for (size_t i = 0; i < index; i++)
		if (list->items[i].type == ns->type)
			return err_user(err, "linux.namespaces[%zu]: a second namespace of type %s", index, name);
	if (ns->path && ns->path[0] != '/')
		return err_user(err, "linux.namespaces[%zu].path: \"%s\" is not an absolute path", index, ns->path);
	return 0;
}

static void plan_type(const struct spec *spec, enum spec_namespace_type type, struct ns_plan *plan)
{
	const struct spec_namespaces *list = &spec->linux_.namespaces;
	const struct spec_time_offsets *offsets = &spec->linux_.time_offsets;

	for (size_t i = 0; i < list->count; i++) {
		const struct spec_namespace *ns = &list->items[i];

		if (ns->type != type)
			continue;
		if (ns->path)
			plan->joins[plan->join_count++] =
				(struct ns_join){ .type = type, .path = ns->path, .index = (unsigned int)i, .fd = -1 };
		else if (ns_types[type].flag & NS_LATE)
			plan->unshare_flags |= ns_types[type].flag;
		else if (type == SPEC_NS_TIME && (offsets->monotonic.is_set || offsets->boottime.is_set))
			plan->offsets = offsets;
		else
			plan->clone_flags |= ns_types[type].flag;
	}
}

static void plan_user(const struct spec *spec, struct ns_plan *plan)
{
	/* a new one gives its rights to nothing but what is made with it */
	plan->has_middle = ns_is_private(plan, SPEC_NS_USER) && plan->join_count;
	if (!ns_is_new(plan, SPEC_NS_USER))
		return;
	plan->uids = &spec->linux_.uid_mappings;
	plan->gids = &spec->linux_.gid_mappings;
}

int ns_plan(const struct spec *spec, struct ns_plan *ret, struct err *err)
{
	const struct spec_namespaces *list = &spec->linux_.namespaces;
	struct ns_plan plan = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = check_item(list, i, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(join_order); i++)
		plan_type(spec, join_order[i], &plan);
	plan_user(spec, &plan);
	*ret = plan;
	return 0;
}

void ns_plan_add_user(const struct spec *spec, struct ns_plan *plan)
{
	plan->clone_flags |= CLONE_NEWUSER;
	plan_user(spec, plan);
}

static const struct ns_join *find_join(const struct ns_plan *plan, enum spec_namespace_type type)
{
	for (unsigned int i = 0; i < plan->join_count; i++)
		if (plan->joins[i].type == type)
			return &plan->joins[i];
	return NULL;
}

bool ns_is_new(const struct ns_plan *plan, enum spec_namespace_type type)
{
	return ((plan->clone_flags | plan->unshare_flags) & ns_types[type].flag) ||
	       (type == SPEC_NS_TIME && plan->offsets);
}

bool ns_is_private(const struct ns_plan *plan, enum spec_namespace_type type)
{
	return ns_is_new(plan, type) || find_join(plan, type);
}

bool ns_has_own_offsets(const struct ns_plan *plan)
{
	return plan->offsets && !find_join(plan, SPEC_NS_USER);
}

enum ns_when ns_when(const struct ns_plan *plan, const struct ns_join *join)
{
	if (!plan->has_middle)
		return join->type == SPEC_NS_PID ? NS_AROUND_CLONE : NS_BY_GUEST;
	if (join->type == SPEC_NS_USER)
		return NS_AS_USER;
	if (!join->is_owned)
		return NS_BEFORE_USER;
	return join->type == SPEC_NS_CGROUP || join->type == SPEC_NS_MOUNT ? NS_BY_GUEST : NS_AFTER_USER;
}

static void print_mappings(const char *name, const struct spec_id_mappings *mappings, struct str_buf *out)
{
	for (size_t i = 0; mappings && i < mappings->count; i++)
		str_append_f(out, "  %s %u is %u on the host, %u in all\n", name, mappings->items[i].container_id,
			     mappings->items[i].host_id, mappings->items[i].size);
}

static void print_offset(const char *clock, const struct spec_time_offset *offset, struct str_buf *out)
{
	if (offset->is_set)
		str_append_f(out, "  %s %+" PRId64 " s, %" PRIu32 " ns\n", clock, offset->secs, offset->nanosecs);
}

/* How the namespace comes to be, where nothing is joined. */
static const char *made_by(const struct ns_plan *plan, enum spec_namespace_type type)
{
	const int flag = ns_types[type].flag;

	if (plan->clone_flags & flag)
		return "new, by clone3";
	return ns_is_new(plan, type) ? "new, by unshare" : "the caller's";
}

void ns_plan_print(const struct ns_plan *plan, struct str_buf *out)
{
	for (int i = 0; i < SPEC_NS_COUNT; i++) {
		const enum spec_namespace_type type = (enum spec_namespace_type)i;
		const struct ns_join *join = find_join(plan, type);

		if (join)
			str_append_f(out, "namespace %s: join %s\n", ns_types[type].name, join->path);
		else
			str_append_f(out, "namespace %s: %s\n", ns_types[type].name, made_by(plan, type));
		if (type == SPEC_NS_TIME && plan->offsets) {
			print_offset("monotonic", &plan->offsets->monotonic, out);
			print_offset("boottime", &plan->offsets->boottime, out);
		}
		if (type == SPEC_NS_USER) {
			print_mappings("uid", plan->uids, out);
			print_mappings("gid", plan->gids, out);
		}
	}
	if (plan->has_middle)
		str_append(out, "a process between joins, and clones the guest\n");
}
