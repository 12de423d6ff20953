/* In a user namespace the guest side has no rights on the host, however privileged the caller is.  What needs one and belongs to
 * a process is set by the host side while the guest waits. */
#include "container/rights.h"

#include <sys/stat.h>

#include "base/auto.h"
#include "base/proc.h"
#include "container/run.h"
#include "container/wire.h"
#include "namespaces/map.h"

static const struct ns_join *user_join(const struct plan *plan)
{
	for (unsigned int i = 0; i < plan->ns.join_count; i++)
		if (plan->ns.joins[i].type == SPEC_NS_USER)
			return &plan->ns.joins[i];
	return NULL;
}

/* Each line maps one range, so its two ends tell; other orders are the same mapping. */
static bool has_all(const struct spec_id_mappings *wanted, const struct spec_id_mappings *there)
{
	for (size_t i = 0; i < wanted->count; i++) {
		const struct spec_id_mapping *m = &wanted->items[i];
		uint32_t first, last;

		if (!ns_map_find(there, m->container_id, &first) || first != m->host_id ||
		    !ns_map_find(there, m->container_id + m->size - 1, &last) || last != m->host_id + m->size - 1)
			return false;
	}
	return true;
}

static bool is_same(const struct spec_id_mappings *a, const struct spec_id_mappings *b)
{
	return has_all(a, b) && has_all(b, a);
}

/* Engines name the mappings beside the path; others than that namespace has would not be those of the guest. */
static int check_joined(const struct plan *plan, const struct spec_id_mappings *uids,
			const struct spec_id_mappings *gids, struct err *err)
{
	const struct spec_linux *l = &plan->spec->linux_;
	const struct ns_join *join = user_join(plan);

	if (!join || !l->uid_mappings.count)
		return 0;
	if (!is_same(&l->uid_mappings, uids))
		return err_user(err, "linux.uidMappings: not those of the joined user namespace %s", join->path);
	if (!is_same(&l->gid_mappings, gids))
		return err_user(err, "linux.gidMappings: not those of the joined user namespace %s", join->path);
	return 0;
}

/* As the guest side does without a user namespace: a log file or pipe that the caller made for the guest becomes that user's.
 * Its root too has not the right to open them otherwise.  Devices are never touched. */
static void give_stdio(const struct plan *plan, uid_t uid, gid_t gid)
{
	struct stat st;

	for (int fd = 0; fd <= 2 && !plan_has_terminal(plan); fd++)
		if (fstat(fd, &st) == 0 && st.st_uid != uid &&
		    (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)))
			(void)!fchown(fd, uid,
				      gid); /* EROFS, EPERM: then the guest can use it, but not open it again */
}

static int check_user(const struct plan *plan, const struct spec_id_mappings *uids, const struct spec_id_mappings *gids,
		      struct err *err)
{
	const struct spec_user *user = &plan->process->user;
	uint32_t uid = 0, gid = 0;
	int r = check_joined(plan, uids, gids, err);

	if (r < 0 || !plan->process->is_set)
		return r;
	if (!ns_map_find(uids, user->uid, &uid))
		return err_user(err, "process.user.uid: %u is not mapped in the user namespace", user->uid);
	if (!ns_map_find(gids, user->gid, &gid))
		return err_user(err, "process.user.gid: %u is not mapped in the user namespace", user->gid);
	give_stdio(plan, uid, gid);
	return 0;
}

/* Of the namespace as it is: one that is joined has its mappings already.  A process of exec is not in it yet. */
static int read_maps(const struct run *run, struct err *err)
{
	const pid_t pid = run->init >= 0 ? run->state->init.pid : run->child;
	struct spec_id_mappings uids = { 0 }, gids = { 0 };
	int r = ns_read_map(pid, NS_MAP_UID, &uids, err);

	if (r == 0)
		r = ns_read_map(pid, NS_MAP_GID, &gids, err);
	if (r == 0)
		r = check_user(run->plan, &uids, &gids, err);
	free(uids.items);
	free(gids.items);
	return r;
}

int rights_host_user(const struct run *run, uid_t *ret_uid, struct err *err)
{
	const struct plan *plan = run->plan;
	struct spec_id_mappings uids = { 0 };
	uint32_t uid = plan->process->user.uid;
	int r = plan_has_user_ns(plan) ? ns_read_map(run->child, NS_MAP_UID, &uids, err) : 0;

	if (r == 0 && plan_has_user_ns(plan) && !ns_map_find(&uids, uid, &uid))
		r = err_user(err, "process.user.uid: %u is not mapped in the user namespace", uid);
	free(uids.items);
	if (r == 0)
		*ret_uid = uid;
	return r;
}

static int give_all(struct run *run, struct err *err)
{
	const struct plan *plan = run->plan;
	int r = 0;

	if (run->init < 0 && plan->ns.uids)
		r = ns_map(run->child, plan->ns.uids, plan->ns.gids, err);
	if (r == 0)
		r = read_maps(run, err);
	if (r == 0)
		r = rlimits_raise(&plan->rlimits, run->child, err);
	if (r == 0)
		r = run->init < 0 ? scheduler_apply(&plan->scheduler, run->child, err) : 0; /* exec: later */
	return r == 0 ? ioprio_apply(&plan->ioprio, run->child, err) : r;
}

int rights_give(struct run *run, struct err *err)
{
	struct err ignored;
	int r = give_all(run, err);

	if (r < 0 && proc_wait_end(run->pidfd, 0, &ignored) == 0)
		return err_set(err, WIRE_GONE, "the guest side ended before its user namespace was ready");
	return r;
}
