#include "process/process.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/sys.h"

/* setresuid(2) takes this number for "leave it as it is": it must never get there. */
#define NO_ID UINT32_MAX

static int check(const struct spec_user *user, struct err *err)
{
	if (user->uid == NO_ID)
		return err_user(err, "process.user.uid: %u is not a user", NO_ID);
	if (user->gid == NO_ID)
		return err_user(err, "process.user.gid: %u is not a group", NO_ID);
	for (size_t i = 0; i < user->additional_gids.count; i++)
		if (user->additional_gids.items[i] == NO_ID)
			return err_user(err, "process.user.additionalGids[%zu]: %u is not a group", i, NO_ID);
	if (user->umask.is_set && user->umask.value > 0777)
		return err_user(err, "process.user.umask: 0%llo exceeds 0777", (unsigned long long)user->umask.value);
	return 0;
}

/* In a user namespace that denies setgroups(2) (user_namespaces(7)) even CAP_SETGID does not help: EPERM with the
 * capability means that, and then the caller's groups stay. */
static bool may_set_groups(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	return sys_capget(&header, data) == 0 && (data[0].effective & (1U << CAP_SETGID));
}

static int apply_groups(const struct spec_u32s *gids, bool *ret_kept, struct err *err)
{
	_Static_assert(sizeof(gid_t) == sizeof(*gids->items), "groups are 32-bit");
	int number;

	*ret_kept = false;
	if (sys_setgroups(gids->count, gids->items) == 0)
		return 0;
	number = errno;
	if (number == EPERM && gids->count == 0) {
		if (getgroups(0, NULL) == 0)
			return 0;
		if (may_set_groups()) {
			*ret_kept = true;
			return 0;
		}
	}
	(void)err_sys(err, number, "process.user.additionalGids: set %zu groups", gids->count);
	if (number == EPERM && may_set_groups())
		return err_hint(err, "the user namespace denies setgroups(2), as whoever made it may not set groups");
	return number == EINVAL ? err_hint(err, "one is not mapped in the user namespace") : -number;
}

static int explain_id(const char *what, uint32_t id, int number, struct err *err)
{
	(void)err_sys(err, number, "%s %u", what, id);
	return number == EINVAL ? err_hint(err, "it is not mapped in the user namespace") : -number;
}

static int compare_gids(const void *a, const void *b)
{
	const gid_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* The kernel keeps groups sorted, and one that is given twice twice. */
static int verify_groups(const struct spec_u32s *gids, struct err *err)
{
	autofree gid_t *have = NULL;
	autofree gid_t *want = NULL;
	int count;

	if (!gids->count) /* setgroups(2) has said that there are none; numbers are what can be taken wrongly */
		return 0;
	count = getgroups(0, NULL);
	if (count < 0 || (size_t)count != gids->count)
		return err_set(err, EPERM, "additional groups: %d are set instead of %zu", count, gids->count);
	have = calloc((size_t)count, sizeof(*have));
	want = calloc((size_t)count, sizeof(*want));
	if (!have || !want)
		return err_memory(err);
	memcpy(want, gids->items, (size_t)count * sizeof(*want));
	qsort(want, (size_t)count, sizeof(*want), compare_gids);
	if (getgroups(count, have) != count)
		return err_set(err, EPERM, "additional groups changed meanwhile");
	qsort(have, (size_t)count, sizeof(*have), compare_gids);
	if (memcmp(have, want, (size_t)count * sizeof(*want)) != 0)
		return err_set(err, EPERM, "additional groups differ from those asked for");
	return 0;
}

/* Real, effective and saved ones. */
static bool has_ids(const struct spec_user *user)
{
	uid_t uid[3] = { NO_ID };
	gid_t gid[3] = { NO_ID };

	if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 || getresgid(&gid[0], &gid[1], &gid[2]) < 0)
		return false;
	for (int i = 0; i < 3; i++)
		if (uid[i] != user->uid || gid[i] != user->gid)
			return false;
	return true;
}

/* A change of the user makes a process as dumpable as the sysctl fs.suid_dumpable says; this one has been undumpable. */
static int hide(struct err *err)
{
	return prctl(PR_SET_DUMPABLE, 0) < 0 ? err_sys(err, errno, "make this process undumpable") : 0;
}

/* One that is not mapped in this user namespace is EINVAL. */
static int enter_ids(const struct spec_user *user, struct err *err)
{
	if (sys_setresgid(0) < 0 && (errno != EINVAL || sys_setresgid(user->gid) < 0))
		return err_sys(err, errno, "become group 0 or %u of the user namespace", user->gid);
	if (sys_setresuid(0) < 0 && (errno != EINVAL || sys_setresuid(user->uid) < 0))
		return err_sys(err, errno, "become user 0 or %u of the user namespace", user->uid);
	return 0;
}

int user_enter(const struct spec_user *user, enum user_groups groups, struct err *err)
{
	int r;

	if (groups == USER_SET_GROUPS && sys_setgroups(0, NULL) < 0 && errno != EPERM)
		return err_sys(err, errno, "drop additional groups");
	r = enter_ids(user, err);
	return r == 0 ? hide(err) : r;
}

static int change_ids(const struct spec_user *user, struct err *err)
{
	if (sys_setresgid(user->gid) < 0)
		return explain_id("process.user.gid: set group", user->gid, errno, err);
	if (sys_setresuid(user->uid) < 0)
		return explain_id("process.user.uid: set user", user->uid, errno, err);
	if (!has_ids(user))
		return err_set(err, EPERM, "user %u:%u was set, but another is there", user->uid, user->gid);
	return hide(err);
}

int user_apply(const struct spec_user *user, enum user_groups groups, bool keep_caps, struct err *err)
{
	bool groups_kept = groups == USER_KEEP_GROUPS;
	int r = check(user, err);

	if (r < 0)
		return r;
	if (user->umask.is_set)
		(void)umask((mode_t)user->umask.value);
	/* leaving uid 0 clears the capabilities unless this is set; execve(2) unsets it */
	if (keep_caps && user->uid != 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		return err_sys(err, errno, "PR_SET_KEEPCAPS");
	r = groups_kept ? 0 : apply_groups(&user->additional_gids, &groups_kept, err);
	if (r < 0)
		return r;
	r = has_ids(user) ? 0 : change_ids(user, err);
	return r == 0 && !groups_kept ? verify_groups(&user->additional_gids, err) : r;
}
