/* state, list and ps: what a container is now. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/str.h"
#include "base/user.h"
#include "container/container.h"
#include "container/members.h"
#include "container/state.h"
#include "json/encode.h"

static int copy_annotations(const struct state *state, struct container_info *info)
{
	const struct spec_pairs *from = &state->annotations;

	if (!from->count)
		return 0;
	info->annotations = calloc(from->count, sizeof(*info->annotations));
	if (!info->annotations)
		return -ENOMEM;
	for (; info->annotation_count < from->count; info->annotation_count++) {
		size_t i = info->annotation_count;

		info->annotations[i].key = strdup(from->items[i].key);
		info->annotations[i].value = strdup(from->items[i].value);
		if (!info->annotations[i].key || !info->annotations[i].value) {
			info->annotation_count++;
			return -ENOMEM;
		}
	}
	return 0;
}

static int fill(const struct state *state, struct container_info *info, struct err *err)
{
	int r = state_status(state, &info->status, NULL, err);

	if (r < 0)
		return r;
	if (info->status == CONTAINER_CREATED && state_was_released(state))
		info->status = CONTAINER_RUNNING;
	info->pid = info->status == CONTAINER_STOPPED ? 0 : state->init.pid;
	info->owner = (uid_t)state->owner;
	info->id = strdup(state->id);
	info->bundle = strdup(state->bundle);
	info->rootfs = strdup(state->rootfs);
	info->stop_signal = state->stop_signal ? strdup(state->stop_signal) : NULL;
	(void)snprintf(info->created, sizeof(info->created), "%s", state->created);
	if (!info->id || !info->bundle || !info->rootfs || (state->stop_signal && !info->stop_signal))
		return err_memory(err);
	return copy_annotations(state, info) < 0 ? err_memory(err) : 0;
}

int container_info(const struct container_host *host, const char *id, struct container_info *ret, struct err *err)
{
	struct container_info info = { 0 };
	struct state state;
	int r = state_open_readable(host, id, STATE_UNLOCKED, &state, err);

	if (r == 0)
		r = fill(&state, &info, err);
	state_close(&state);
	if (r < 0)
		container_info_free(&info);
	else
		*ret = info;
	return r;
}

void container_info_free(struct container_info *info)
{
	free(info->id);
	free(info->bundle);
	free(info->rootfs);
	free(info->stop_signal);
	for (size_t i = 0; i < info->annotation_count; i++) {
		free(info->annotations[i].key);
		free(info->annotations[i].value);
	}
	free(info->annotations);
	*info = (struct container_info){ 0 };
}

int container_info_json(const struct container_info *info, bool indent, bool with_owner, struct str_buf *out)
{
	struct json_writer w = JSON_WRITER(out, indent ? 2 : 0);

	json_open_object(&w, NULL);
	json_put_string(&w, "ociVersion", CONTAINER_OCI_VERSION);
	json_put_string(&w, "id", info->id);
	json_put_i64(&w, "pid", info->pid);
	json_put_string(&w, "status", container_status_name(info->status));
	json_put_string(&w, "bundle", info->bundle);
	json_put_string(&w, "rootfs", info->rootfs);
	json_put_string(&w, "created", info->created);
	if (info->annotation_count) {
		json_open_object(&w, "annotations");
		for (size_t i = 0; i < info->annotation_count; i++)
			json_put_string(&w, info->annotations[i].key, info->annotations[i].value);
		json_close(&w);
	}
	if (with_owner) {
		char room[USER_NAME_MAX];
		const char *name = user_name(info->owner, room);

		json_put_string(&w, "owner", name ? name : "");
	} else {
		json_put_string(&w, "owner", "");
	}
	json_close(&w);
	return out->failed ? -ENOMEM : 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A NULL-terminated array that grows. */
struct ids {
	char **items;
	size_t count, room;
};

static int add_id(struct ids *ids, const char *id)
{
	if (ids->count + 1 >= ids->room) {
		size_t room = ids->room ? ids->room * 2 : 16;
		char **more = reallocarray(ids->items, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		ids->items = more;
		ids->room = room;
	}
	ids->items[ids->count] = strdup(id);
	if (!ids->items[ids->count])
		return -ENOMEM;
	ids->items[++ids->count] = NULL;
	return 0;
}

/* Returns 0 or -errno. */
static int read_ids(DIR *list, struct ids *ids)
{
	for (int r = 0; r == 0;) {
		const struct dirent *entry;
		struct err ignored;

		errno = 0;
		entry = readdir(list);
		if (!entry)
			return -errno;
		/* other files in a state directory are somebody else's */
		if (container_check_id(entry->d_name, &ignored) == 0 &&
		    (entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN))
			r = add_id(ids, entry->d_name);
	}
	return -ENOMEM;
}

int container_list(const struct container_host *host, char ***ret, size_t *ret_count, struct err *err)
{
	struct ids ids = { .items = NULL };
	autodir list = opendir(host->root);
	int r;

	if (!list && (errno != ENOENT || !host->root_is_default))
		return err_sys(err, errno, "open state directory %s", host->root);
	if (!list) {
		*ret = NULL;
		*ret_count = 0;
		return 0;
	}
	r = read_ids(list, &ids);
	if (r < 0) {
		container_ids_free(ids.items);
		return err_sys(err, -r, "read the state directory");
	}
	if (ids.count)
		qsort(ids.items, ids.count, sizeof(*ids.items), compare);
	*ret = ids.items;
	*ret_count = ids.count;
	return 0;
}

void container_ids_free(char **ids)
{
	for (char **id = ids; id && *id; id++)
		free(*id);
	free(ids);
}

int container_pids(const struct container_host *host, const char *id, pid_t **ret_pids, size_t *ret_count,
		   struct err *err)
{
	struct cgroup_layout layout;
	struct state state;
	int r = state_open_readable(host, id, STATE_UNLOCKED, &state, err);

	if (r == 0 && !state.cgroup.inode) {
		r = members_list(&state, ret_pids, ret_count, err);
	} else if (r == 0) {
		r = cgroup_detect(&layout, err);
		if (r == 0)
			r = cgroup_pids(&layout, &state.cgroup, ret_pids, ret_count, err);
	}
	state_close(&state);
	return r;
}
