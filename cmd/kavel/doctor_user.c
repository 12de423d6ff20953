/* User namespaces: who may make one, and which IDs there are for it. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/user.h"
#include "doctor.h"

#define SUBIDS_ENOUGH 65536ul

/* Without them root still has containers; a user has none. */
static enum doctor_status without_user_ns(const struct doctor *doctor)
{
	return doctor->is_root ? DOCTOR_WARN : DOCTOR_FAIL;
}

static void check_user_ns(struct doctor *doctor)
{
	static const struct {
		const char *path, *name;
		long refused; /* the value that refuses */
		const char *change;
	} knobs[] = {
		{ "/proc/sys/user/max_user_namespaces", "user.max_user_namespaces", 0,
		  "sysctl -w user.max_user_namespaces=15000" },
		{ "/proc/sys/kernel/unprivileged_userns_clone", "kernel.unprivileged_userns_clone", 0,
		  "sysctl -w kernel.unprivileged_userns_clone=1" },
		{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
		  "kernel.apparmor_restrict_unprivileged_userns", 1,
		  "give kavel a profile with the rule userns (docs/rootless.md), or sysctl -w "
		  "kernel.apparmor_restrict_unprivileged_userns=0" },
	};
	bool may = true;

	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		long value = doctor_read_number(doctor, knobs[i].path, -1);

		if (value != knobs[i].refused)
			continue;
		may = false;
		doctor_tell(doctor, without_user_ns(doctor), knobs[i].change, "%s = %ld: users have no containers",
			    knobs[i].name, value);
	}
	if (may)
		doctor_tell(doctor, DOCTOR_OK, NULL, "users may make user namespaces");
}

static void check_limits(struct doctor *doctor)
{
	static const char *const types[] = { "mnt", "pid", "net", "ipc", "uts", "cgroup", "time" };
	bool enough = true;

	for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
		char path[64], change[80];
		long most;

		(void)snprintf(path, sizeof(path), "/proc/sys/user/max_%s_namespaces", types[i]);
		(void)snprintf(change, sizeof(change), "sysctl -w user.max_%s_namespaces=15000", types[i]);
		most = doctor_read_number(doctor, path, -1);
		if (most < 0 || most >= 100)
			continue;
		enough = false;
		doctor_tell(doctor, most ? DOCTOR_WARN : DOCTOR_FAIL, change, "user.max_%s_namespaces = %ld", types[i],
			    most);
	}
	if (enough)
		doctor_tell(doctor, DOCTOR_OK, NULL, "no limit on namespaces that would be met soon");
}

/* How many IDs the lines OWNER:START:COUNT grant. */
static unsigned long granted(const char *text, const char *name, uid_t uid)
{
	unsigned long sum = 0;
	char number[16];

	(void)snprintf(number, sizeof(number), "%u", uid);
	while (text && *text) {
		size_t size = strcspn(text, ":\n");
		const char *count =
			text[size] == ':' ? memchr(text + size + 1, ':', strcspn(text + size + 1, "\n")) : NULL;
		bool is_owner = (name && strlen(name) == size && strncmp(text, name, size) == 0) ||
				(strlen(number) == size && strncmp(text, number, size) == 0);

		if (is_owner && count)
			sum += strtoul(count + 1, NULL, 10);
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return sum;
}

static void check_subids(struct doctor *doctor)
{
	static const char *const files[] = { "/etc/subuid", "/etc/subgid" };
	char room[USER_NAME_MAX];
	const uid_t uid = getuid();
	const char *name = user_name(uid, room);

	if (doctor->is_root) {
		doctor_tell(doctor, DOCTOR_OK, NULL, "root needs none; ask again as the user who runs containers");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		unsigned long count = granted(doctor_read(doctor, files[i]), name, uid);
		char change[160];

		(void)snprintf(change, sizeof(change), "as root: usermod --add-sub%cids 100000-165535 %s",
			       i == 0 ? 'u' : 'g', name ? name : "USER");
		if (count >= SUBIDS_ENOUGH)
			doctor_tell(doctor, DOCTOR_OK, NULL, "%s grants %lu IDs", files[i], count);
		else
			doctor_tell(doctor, DOCTOR_WARN, change, "%s grants %lu IDs: images usually need %lu", files[i],
				    count, SUBIDS_ENOUGH);
	}
}

static void check_map_programs(struct doctor *doctor)
{
	static const char *const programs[] = { "newuidmap", "newgidmap" };

	if (doctor->is_root)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++) {
		const char *path = doctor_find_program(doctor, programs[i]);
		const char *whole = path ? doctor_path(doctor, path) : NULL;
		struct stat st;

		if (!whole || stat(whole, &st) < 0)
			doctor_tell(doctor, DOCTOR_WARN, "install uidmap", "%s is missing: the user alone is mapped",
				    programs[i]);
		else if (!(st.st_mode & S_ISUID) && getxattr(whole, "security.capability", NULL, 0) <= 0)
			doctor_tell(doctor, DOCTOR_WARN, "install uidmap again", "%s has no right to map IDs", path);
		else
			doctor_tell(doctor, DOCTOR_OK, NULL, "%s", path);
	}
}

const struct doctor_check doctor_user_checks[] = {
	{ "user-ns", check_user_ns },
	{ "limits", check_limits },
	{ "subids", check_subids },
	{ "uidmap", check_map_programs },
	{ NULL, NULL },
};
