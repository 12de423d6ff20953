/* Controllers of cgroup v2: a group has those that the one above hands down (cgroup.subtree_control). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "cgroups/detect.h"
#include "cgroups/group.h"
#include "cgroups/plan.h"

#define WORDS_MAX 512 /* of a list of controllers */

/* True if every controller is in the list of the file cgroup.controllers of `dir`; what is missing is written to
 * `missing` as "+a +b". */
static bool has_controllers(const struct cgroup_plan *plan, int dir, const char *path, char *missing, size_t room)
{
	char text[512], file[GROUP_PATH_MAX + 32];
	size_t used = 0;

	(void)snprintf(file, sizeof(file), "%s%scgroup.controllers", path, *path ? "/" : "");
	if (file_read_short(dir, file, text, sizeof(text)) < 0)
		text[0] = '\0'; /* writing will tell why */
	missing[0] = '\0';
	for (unsigned int i = 0; i < plan->enable_count; i++)
		if (!cgroup_has_word(text, plan->enable[i], ' ') && used < room)
			used += (size_t)snprintf(missing + used, room - used, "%s+%s", used ? " " : "",
						 plan->enable[i]);
	return !missing[0];
}

static int hand_down(const char *parent, const char *missing, struct err *err)
{
	char file[GROUP_PATH_MAX + 32];
	int r;

	(void)snprintf(file, sizeof(file), "%s/cgroup.subtree_control", parent);
	r = file_write_knob(AT_FDCWD, file, missing);
	if (r >= 0)
		return 0;
	(void)err_sys(err, -r, "linux.resources: write %s to %s", missing, file);
	if (r == -EBUSY)
		return err_hint(err, "the group has processes of its own; they must move to a group below it first");
	if (r == -ENOENT)
		return err_hint(err, "the controller is not handed down to this group");
	return r;
}

/* Let the parents hand the controllers down, from the root on, where they do not yet. */
int group_enable_controllers(const struct cgroup_plan *plan, int dir, const char *full, size_t root_size,
			     struct err *err)
{
	char path[GROUP_PATH_MAX], missing[256];

	if (!plan->enable_count || has_controllers(plan, dir, "", missing, sizeof(missing)))
		return 0;
	(void)snprintf(path, sizeof(path), "%s", full);
	for (char *slash = path + root_size; slash;) {
		char *next = strchr(slash + 1, '/');
		int r = 0;

		if (next)
			*next = '\0';
		if (!has_controllers(plan, AT_FDCWD, path, missing, sizeof(missing))) {
			*slash = '\0';
			r = hand_down(path, missing, err);
			*slash = '/';
		}
		if (r < 0)
			return r;
		if (next)
			*next = '/';
		slash = next;
	}
	return 0;
}

/* True if the group has processes of its own: it must not be made to hand controllers down, which the kernel refuses for some
 * and takes for others, by making it threaded.  The root of all, which has no type, may. */
static bool is_inhabited(const char *group)
{
	char file[GROUP_PATH_MAX + 32], text[64];

	(void)snprintf(file, sizeof(file), "%s/cgroup.type", group);
	if (file_read_short(AT_FDCWD, file, text, sizeof(text)) < 0)
		return false;
	(void)snprintf(file, sizeof(file), "%s/cgroup.procs", group);
	return file_read_short(AT_FDCWD, file, text, sizeof(text)) != 0;
}

/* Let one group hand down what it has of `all` and does not yet.  Returns false when that cannot be. */
static bool offer(const char *group, const char *all)
{
	char file[GROUP_PATH_MAX + 32], words[WORDS_MAX], missing[WORDS_MAX] = "";
	size_t used = 0;
	int r;

	(void)snprintf(file, sizeof(file), "%s/cgroup.subtree_control", group);
	if (file_read_short(AT_FDCWD, file, words, sizeof(words)) < 0)
		return false;
	for (size_t n; *all; all += n + (all[n] == ' ')) {
		char name[64];

		n = strcspn(all, " ");
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, all);
		if (*name && !cgroup_has_word(words, name, ' ') && used + n + 3 < sizeof(missing))
			used += (size_t)snprintf(missing + used, sizeof(missing) - used, "%s+%s", used ? " " : "",
						 name);
	}
	if (!used)
		return true;
	if (is_inhabited(group))
		return false;
	r = file_write_knob(AT_FDCWD, file, missing);
	if (r < 0)
		log_debug("%s is not written to %s: %s", missing, file, strerror(-r));
	return r >= 0;
}

static bool has_all(const char *words, const char *all)
{
	for (size_t n; *all; all += n + (all[n] == ' ')) {
		char name[64];

		n = strcspn(all, " ");
		(void)snprintf(name, sizeof(name), "%.*s", (int)n, all);
		if (*name && !cgroup_has_word(words, name, ' '))
			return false;
	}
	return true;
}

void group_offer_controllers(int dir, const char *full, size_t root_size)
{
	char path[GROUP_PATH_MAX], all[WORDS_MAX], own[WORDS_MAX];

	(void)snprintf(path, sizeof(path), "%.*s/cgroup.controllers", (int)root_size, full);
	if (file_read_short(AT_FDCWD, path, all, sizeof(all)) <= 0 ||
	    file_read_short(dir, "cgroup.controllers", own, sizeof(own)) < 0 || has_all(own, all))
		return;
	(void)snprintf(path, sizeof(path), "%s", full);
	for (char *slash = path + root_size; slash; slash = strchr(slash + 1, '/')) {
		bool goes_on;

		*slash = '\0';
		goes_on = offer(path, all);
		*slash = '/';
		if (!goes_on)
			return;
	}
}
