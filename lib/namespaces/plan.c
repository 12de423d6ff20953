#include "namespaces/ns.h"

#include "base/auto.h"
#include "base/sys.h"

/* A user namespace comes first, as it gives the rights to join the others; the mount namespace last, as joining it
 * changes the root and the current directory. */
static const enum spec_namespace_type join_order[] = {
	SPEC_NS_USER, SPEC_NS_PID,  SPEC_NS_IPC,    SPEC_NS_UTS,
	SPEC_NS_NETWORK, SPEC_NS_CGROUP, SPEC_NS_TIME, SPEC_NS_MOUNT,
};
_Static_assert(ARRAY_SIZE(join_order) == SPEC_NS_COUNT, "each type is joined at some point");

/* Made by unshare(2), after the process is in its cgroup: the namespace's root is the cgroup of that moment. */
#define NS_LATE CLONE_NEWCGROUP

/* What this version decodes but does not apply. */
static const bool not_yet[SPEC_NS_COUNT] = { [SPEC_NS_TIME] = true, [SPEC_NS_USER] = true };

static int check_supported(const struct spec *spec, struct err *err)
{
	const struct spec_linux *l = &spec->linux_;

	if (l->uid_mappings.count)
		return err_user(err, "linux.uidMappings: user namespaces are not supported yet");
	if (l->gid_mappings.count)
		return err_user(err, "linux.gidMappings: user namespaces are not supported yet");
	if (l->time_offsets.is_set)
		return err_user(err, "linux.timeOffsets: time namespaces are not supported yet");
	return 0;
}

static int check_item(const struct spec_namespaces *list, size_t index, struct err *err)
{
	const struct spec_namespace *ns = &list->items[index];
	const char *name = ns_types[ns->type].name;

	for (size_t i = 0; i < index; i++)
		if (list->items[i].type == ns->type)
			return err_user(err, "linux.namespaces[%zu]: a second namespace of type %s", index, name);
	if (not_yet[ns->type])
		return err_user(err, "linux.namespaces[%zu]: %s namespaces are not supported yet", index, name);
	if (ns->path && ns->path[0] != '/')
		return err_user(err, "linux.namespaces[%zu].path: \"%s\" is not an absolute path", index, ns->path);
	return 0;
}

static void plan_type(const struct spec_namespaces *list, enum spec_namespace_type type, struct ns_plan *plan)
{
	for (size_t i = 0; i < list->count; i++) {
		const struct spec_namespace *ns = &list->items[i];

		if (ns->type != type)
			continue;
		if (ns->path)
			plan->joins[plan->join_count++] =
				(struct ns_join){ .type = type, .path = ns->path, .index = (unsigned int)i, .fd = -1 };
		else if (ns_types[type].flag & NS_LATE)
			plan->unshare_flags |= ns_types[type].flag;
		else
			plan->clone_flags |= ns_types[type].flag;
	}
}

int ns_plan(const struct spec *spec, struct ns_plan *ret, struct err *err)
{
	const struct spec_namespaces *list = &spec->linux_.namespaces;
	struct ns_plan plan = { 0 };
	int r = check_supported(spec, err);

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = check_item(list, i, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ARRAY_SIZE(join_order); i++)
		plan_type(list, join_order[i], &plan);
	*ret = plan;
	return 0;
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
	return (plan->clone_flags | plan->unshare_flags) & ns_types[type].flag;
}

bool ns_is_private(const struct ns_plan *plan, enum spec_namespace_type type)
{
	return ns_is_new(plan, type) || find_join(plan, type);
}

bool ns_is_supported(enum spec_namespace_type type)
{
	return !not_yet[type];
}

void ns_plan_print(const struct ns_plan *plan, struct str_buf *out)
{
	for (int type = 0; type < SPEC_NS_COUNT; type++) {
		const struct ns_join *join = find_join(plan, (enum spec_namespace_type)type);

		str_append_f(out, "namespace %s: ", ns_types[type].name);
		if (join)
			str_append_f(out, "join %s\n", join->path);
		else if (plan->clone_flags & ns_types[type].flag)
			str_append(out, "new, by clone3\n");
		else if (plan->unshare_flags & ns_types[type].flag)
			str_append(out, "new, by unshare\n");
		else
			str_append(out, "the caller's\n");
	}
}
