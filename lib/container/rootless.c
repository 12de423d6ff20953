/* Callers without privilege.  All they may do, they may do in a user namespace of their own: the specification leaves it to the
 * runtime what its mappings are when the document has none. */
#include <linux/capability.h>
#include <sys/auxv.h>

#include "base/user.h"
#include "container/plan.h"
#include "namespaces/map.h"
#include "namespaces/subids.h"

bool plan_is_unprivileged(void)
{
	return getauxval(AT_EUID) != 0 && !user_has_capability(CAP_SYS_ADMIN);
}

static int refuse(struct err *err)
{
	(void)err_user(err, "linux.namespaces: a caller who is not root needs a user namespace, of type \"user\"");
	return err_hint(err, "`kavel spec --rootless` writes a configuration with one");
}

static int find_mappings(struct plan *plan, struct err *err)
{
	struct spec_id_mappings *maps = ARENA_NEW(&plan->arena, struct spec_id_mappings, 2);
	int r = maps ? ns_map_default(&plan->process->user, &plan->arena, &maps[0], &maps[1], err) : err_memory(err);

	if (r < 0)
		return r;
	plan->ns.uids = &maps[0];
	plan->ns.gids = &maps[1];
	return 0;
}

static uint32_t highest_group(const struct spec_user *user)
{
	uint32_t highest = user->gid;

	for (size_t i = 0; i < user->additional_gids.count; i++)
		if (user->additional_gids.items[i] > highest)
			highest = user->additional_gids.items[i];
	return highest;
}

/* The IDs of root's guest are the host's own, as many as its process needs. */
static int map_as_host(struct plan *plan, struct err *err)
{
	const struct spec_user *user = &plan->process->user;
	struct spec_id_mappings *maps = ARENA_NEW(&plan->arena, struct spec_id_mappings, 2);
	int r = maps ? subids_map_one(0, 0, &plan->arena, &maps[0], err) : err_memory(err);

	if (r == 0)
		r = subids_map_one(0, 0, &plan->arena, &maps[1], err);
	if (r < 0)
		return r;
	maps[0].items->size += user->uid;
	maps[1].items->size += highest_group(user);
	plan->ns.uids = &maps[0];
	plan->ns.gids = &maps[1];
	return 0;
}

static bool lacks_mappings(const struct ns_plan *ns)
{
	return ns->uids && !ns->uids->count && !ns->gids->count;
}

int plan_user_ns(struct plan *plan, bool is_carried_out, struct err *err)
{
	const struct ns_plan *ns = &plan->ns;

	if (!plan_is_unprivileged())
		return plan->host->makes_user_ns && lacks_mappings(ns) ? map_as_host(plan, err) : 0;
	if (!ns_is_private(ns, SPEC_NS_USER)) {
		if (plan->host->makes_user_ns)
			ns_plan_add_user(plan->spec, &plan->ns);
		else
			return is_carried_out ? refuse(err) : 0;
	}
	return lacks_mappings(ns) ? find_mappings(plan, err) : 0;
}
