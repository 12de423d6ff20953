#include "container/leftovers.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/proc.h"
#include "cgroups/path.h"
#include "container/state.h"
#include "container/undo.h"

#define GROUP_PREFIX "kavel-"

const char *leftovers_kind_name(enum leftover_kind kind)
{
	return kind == LEFTOVER_GROUP ? "cgroup" : "container";
}

void leftovers_free(struct leftovers *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i].name);
	free(list->items);
	*list = (struct leftovers){ 0 };
}

static int add(struct leftovers *list, enum leftover_kind kind, const char *name, struct err *err)
{
	char *copy = strdup(name);

	if (copy && list->count == list->room) {
		size_t room = list->room ? 2 * list->room : 16;
		struct leftover *items = reallocarray(list->items, room, sizeof(*items));

		if (!items) {
			free(copy);
			return err_memory(err);
		}
		list->items = items;
		list->room = room;
	}
	if (!copy)
		return err_memory(err);
	list->items[list->count++] = (struct leftover){ .kind = kind, .name = copy };
	return 0;
}

/* ---------------------------------------------------------------- containers */

static bool has_processes(const struct state *state)
{
	struct cgroup_layout layout;
	struct err ignored;
	pid_t *pids = NULL;
	size_t count = 0;

	if (!*state->cgroup.path)
		return false;
	/* what cannot be told counts as alive */
	if (cgroup_detect(&layout, &ignored) < 0 || cgroup_pids(&layout, &state->cgroup, &pids, &count, &ignored) < 0)
		return true;
	free(pids);
	return count != 0;
}

static bool has_init(const struct state *state)
{
	autofd pidfd = -1;
	struct err ignored;

	return state->init.pid && proc_open(&state->init, &pidfd, &ignored) != 1;
}

/* What is left of a container whose lock is held.  Returns false: it is none. */
static bool classify(const struct state *state, enum leftover_kind *ret)
{
	enum container_status status;
	struct err ignored;

	if (!state->is_readable) {
		*ret = LEFTOVER_DAMAGED;
		return true;
	}
	/* nobody is at work on it, as nobody has the lock */
	if (state->is_creating) {
		*ret = has_init(state) || has_processes(state) ? LEFTOVER_BUSY : LEFTOVER_UNFINISHED;
		return true;
	}
	if (has_init(state))
		return false;
	if (state_status(state, &status, NULL, &ignored) < 0 || status != CONTAINER_STOPPED)
		return false;
	*ret = has_processes(state) ? LEFTOVER_BUSY : LEFTOVER_ENDED;
	return true;
}

static int look_at(const struct container_host *host, const char *id, struct leftovers *list, struct err *err)
{
	struct state state;
	enum leftover_kind kind;
	struct err ignored;
	bool is_left = false;
	int r = 0;

	/* a lock that somebody holds means that somebody is at work */
	if (state_open(host, id, STATE_UNLOCKED, &state, &ignored) == 0 && state.dir >= 0 &&
	    flock(state.dir, LOCK_SH | LOCK_NB) == 0)
		is_left = classify(&state, &kind);
	state_close(&state);
	if (is_left)
		r = add(list, kind, id, err);
	return r;
}

static int look_at_all(const struct container_host *host, struct leftovers *list, struct err *err)
{
	struct container_host quiet = *host;
	char **ids;
	size_t count;
	int r;

	quiet.root_is_default = true; /* one that is not there has no containers */
	r = container_list(&quiet, &ids, &count, err);
	if (r < 0)
		return r;
	for (size_t i = 0; r == 0 && i < count; i++)
		r = look_at(host, ids[i], list, err);
	container_ids_free(ids);
	return r;
}

/* ---------------------------------------------------------------- cgroups */

/* The ID of the container that a group's name is the default one of, below this state directory.  Returns false: of none. */
static bool id_of(const struct container_host *host, const char *group, char id[NAME_MAX + 1])
{
	const char *name = str_after(group, GROUP_PREFIX), *expected;
	struct arena arena = { 0 };
	struct err ignored;
	bool is_ours;

	if (!name || strlen(name) > NAME_MAX)
		return false;
	(void)snprintf(id, NAME_MAX + 1, "%.*s", (int)strcspn(name, "@"), name);
	if (container_check_id(id, &ignored) < 0)
		return false;
	expected = cgroup_default_name(id, container_other_root(host), &arena);
	is_ours = expected && str_eq(expected, group);
	arena_free(&arena);
	return is_ours;
}

static bool has_record(const struct container_host *host, const char *id)
{
	char path[PATH_MAX];

	/* what cannot be told counts as there */
	return (size_t)snprintf(path, sizeof(path), "%s/%s", host->root, id) >= sizeof(path) ||
	       access(path, F_OK) == 0 || errno != ENOENT;
}

/* A group that is marked, and has nobody in it. */
static bool is_forsaken(const struct cgroup_layout *layout, const char *path, struct cgroup_made *ret)
{
	struct err ignored;
	pid_t *pids = NULL;
	size_t count = 0;

	if (cgroup_find(layout, path, ret) != 0 || cgroup_pids(layout, ret, &pids, &count, &ignored) < 0)
		return false;
	free(pids);
	return count == 0;
}

static bool is_known(const struct leftovers *list, const char *path)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].kind == LEFTOVER_GROUP && str_eq(list->items[i].name, path))
			return true;
	return false;
}

/* The name is taken before the record is looked for: a record is there before its group, and goes after it. */
static int look_at_group(const struct container_host *host, const struct cgroup_layout *layout, const char *parent,
			 const char *name, struct leftovers *list, struct err *err)
{
	char id[NAME_MAX + 1], path[PATH_MAX];
	struct cgroup_made made = { .path = "" };

	(void)snprintf(path, sizeof(path), "%s/%s", str_eq(parent, "/") ? "" : parent, name);
	if (!id_of(host, name, id) || has_record(host, id) || is_known(list, path) || !is_forsaken(layout, path, &made))
		return 0;
	return add(list, LEFTOVER_GROUP, path, err);
}

/* Default names are below the root of each hierarchy, or for who is not root below the own group. */
static int look_at_hierarchy(const struct container_host *host, const struct cgroup_layout *layout,
			     const struct cgroup_hierarchy *hierarchy, struct leftovers *list, struct err *err)
{
	const char *parent = layout->is_root || !*hierarchy->own ? "/" : hierarchy->own;
	char path[PATH_MAX];
	autodir dir = NULL;
	int r = 0;

	(void)snprintf(path, sizeof(path), "%s%s", hierarchy->mount_point, parent);
	dir = opendir(path);
	for (struct dirent *entry; r == 0 && dir && (entry = readdir(dir));)
		r = look_at_group(host, layout, parent, entry->d_name, list, err);
	return r;
}

static int find_layout(struct cgroup_layout *ret, struct err *err)
{
	static const struct spec nothing;

	return cgroup_detect_for(&nothing, ret, err);
}

static int look_at_groups(const struct container_host *host, struct leftovers *list, struct err *err)
{
	struct cgroup_layout layout;
	int r = find_layout(&layout, err);

	for (unsigned int i = 0; r == 0 && i < layout.count; i++)
		r = look_at_hierarchy(host, &layout, &layout.items[i], list, err);
	return r;
}

int leftovers_find(const struct container_host *host, struct leftovers *ret, struct err *err)
{
	int r;

	*ret = (struct leftovers){ 0 };
	r = look_at_all(host, ret, err);
	if (r == 0)
		r = look_at_groups(host, ret, err);
	if (r < 0)
		leftovers_free(ret);
	return r;
}

/* ---------------------------------------------------------------- removal */

bool leftovers_can_remove(const struct leftover *item)
{
	return item->kind == LEFTOVER_ENDED || item->kind == LEFTOVER_UNFINISHED || item->kind == LEFTOVER_GROUP;
}

static int remove_group(const struct container_host *host, const char *path, struct err *err)
{
	struct cgroup_layout layout;
	struct cgroup_made made = { .path = "" };
	char id[NAME_MAX + 1];
	int r = find_layout(&layout, err);

	if (r < 0)
		return r;
	if (!id_of(host, strrchr(path, '/') + 1, id) || has_record(host, id) || !is_forsaken(&layout, path, &made))
		return err_set(err, EBUSY, "it is in use again");
	/* as an intent: what is marked goes, and nobody is killed */
	made = (struct cgroup_made){ .made_by_us = true };
	(void)snprintf(made.path, sizeof(made.path), "%s", path);
	return cgroup_remove(&layout, &made, 0, err);
}

static int remove_container(const struct container_host *host, const struct leftover *item, struct err *err)
{
	struct state state;
	enum leftover_kind kind;
	int r = state_open(host, item->name, STATE_LOCKED, &state, err);

	if (r == -ENOENT)
		r = 0; /* somebody else was quicker */
	else if (r == 0 && (!classify(&state, &kind) || kind != item->kind))
		r = err_set(err, EBUSY, "it is in use again");
	else if (r == 0)
		r = container_undo(&state, NULL, err);
	state_close(&state);
	return r;
}

int leftovers_remove(const struct container_host *host, const struct leftover *item, struct err *err)
{
	if (!leftovers_can_remove(item))
		return err_set(err, EBUSY, "it may be alive, or another's");
	return item->kind == LEFTOVER_GROUP ? remove_group(host, item->name, err) : remove_container(host, item, err);
}
