/* update: new limits for a container that exists, and its configuration with them.
 *
 * What is new is merged as JSON: the file's values, those of the command line over them, and the result over the
 * configuration that was kept at create, which exec reads. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "container/container.h"
#include "container/lifecycle.h"
#include "container/state.h"
#include "json/encode.h"
#include "json/read.h"
#include "spec/forms.h"

#define STATE_CONFIG_NEW "config.json.new"

/* What one update has at hand. */
struct update {
	json_t *wanted;		     /* linux.resources with what is to change */
	json_t *config;		     /* the whole configuration, changed */
	struct spec_document *new, *old;
	struct spec_resources resources; /* of `new`, with what has to be written along */
	struct arena arena;
	char *schemata;		     /* what linux.intelRdt's group had, once that has changed */
};

static void free_text(char **text)
{
	free(*text);
}
#define autotext __attribute__((cleanup(free_text))) char *

static void update_free(struct update *update)
{
	json_decref(update->wanted);
	json_decref(update->config);
	spec_free(update->new);
	spec_free(update->old);
	arena_free(&update->arena);
	free(update->schemata);
}

/* Put the members of `over` over those of `under`, objects in each other member by member. */
static int merge(json_t *under, json_t *over, struct err *err)
{
	return json_object_update_recursive(under, over) < 0 ? err_memory(err) : 0;
}

static int read_object(const char *text, size_t size, const char *name, json_t **ret, struct err *err)
{
	int r = json_read(text, size, name, ret, err);

	if (r == 0 && !json_is_object(*ret))
		r = err_user(err, "%s: expected object, got %s", name, json_type_name(*ret));
	return r;
}

static int read_wanted(const struct container_update_options *o, struct update *update, struct err *err)
{
	autotext text = NULL;
	json_t *line = NULL;
	size_t size;
	int r = 0;

	if (o->resources_file) {
		const char *name = strcmp(o->resources_file, "-") == 0 ? "/dev/stdin" : o->resources_file;

		r = file_read_stream(name, SPEC_SIZE_MAX, &text, &size, err);
		if (r == 0)
			r = read_object(text, size, name, &update->wanted, err);
	} else {
		update->wanted = json_object();
		r = update->wanted ? 0 : err_memory(err);
	}
	if (r == 0 && o->resources)
		r = read_object(o->resources, strlen(o->resources), "update", &line, err);
	if (r == 0 && line)
		r = merge(update->wanted, line, err);
	json_decref(line);
	return r;
}

static int read_config(const struct state *state, struct update *update, struct err *err)
{
	autotext text = NULL;
	size_t size;
	int r = file_read(state->dir, STATE_CONFIG, SPEC_SIZE_MAX, &text, &size, err);

	if (r == 0)
		r = read_object(text, size, STATE_CONFIG, &update->config, err);
	return r == 0 ? spec_parse(text, size, STATE_CONFIG, &update->old, err) : r;
}

/* The member, which becomes an empty object where it is none. */
static json_t *member(json_t *object, const char *name)
{
	json_t *value = json_object_get(object, name);

	if (json_is_object(value))
		return value;
	return json_object_set_new(object, name, json_object()) < 0 ? NULL : json_object_get(object, name);
}

/* Device rules that are the container's already are not set again: on v1 that would close all devices for a moment, and
 * engines send the whole of the resources with each change. */
static void drop_same_devices(struct update *update, const json_t *resources)
{
	const json_t *devices = json_object_get(update->wanted, "devices");

	if (devices && json_equal(devices, json_object_get(resources, "devices")))
		(void)json_object_del(update->wanted, "devices"); /* it is there */
}

static int set_schema(json_t *linux_, const char *name, const char *text)
{
	json_t *rdt = text ? member(linux_, "intelRdt") : NULL;

	return text ? json_object_set_new(rdt, name, json_string(text)) : 0; /* fails with NULL for either, too */
}

static int merge_config(const struct container_update_options *o, struct update *update, struct err *err)
{
	json_t *linux_ = member(update->config, "linux");
	json_t *resources = linux_ ? member(linux_, "resources") : NULL;

	if (!resources || set_schema(linux_, "l3CacheSchema", o->l3_cache_schema) < 0 ||
	    set_schema(linux_, "memBwSchema", o->mem_bw_schema) < 0)
		return err_memory(err);
	drop_same_devices(update, resources);
	return merge(resources, update->wanted, err);
}

/* Memory and swap are counted together in `swap`: each of the two is written by what the other is. */
static void complete_memory(struct spec_memory *memory, const struct spec_memory *old)
{
	const bool has_limit = memory->limit.is_set && memory->limit.value,
		   has_swap = memory->swap.is_set && memory->swap.value;

	if (!memory->is_set)
		return;
	if (has_limit && !has_swap && old->swap.is_set) {
		memory->swap = old->swap;
		/* without a limit there is none of both together */
		if (memory->limit.value == -1)
			memory->swap.value = -1;
	}
	if (has_swap && !has_limit)
		memory->limit = old->limit;
	if (!memory->check_before_update.is_set)
		memory->check_before_update = old->check_before_update;
}

/* What is written along with a value that is to change. */
static void complete(struct spec_resources *resources, const struct spec_resources *old)
{
	complete_memory(&resources->memory, &old->memory);
	/* v2 has one file for both */
	if (resources->cpu.period.is_set && !resources->cpu.quota.is_set)
		resources->cpu.quota = old->cpu.quota;
}

/* The specification lets unknown members be ignored; who misspelt one wants to know. */
static void warn_unknown(void *data, const char *path)
{
	struct err text; /* which has no control characters, whatever the name has */

	(void)data;
	(void)err_user(&text, "%s is ignored: no property has that name", path);
	log_warning("%s", text.text);
}

static int prepare(const struct container_update_options *o, const struct state *state, struct update *update,
		   struct err *err)
{
	autobuf text = { 0 };
	struct json_writer writer = JSON_WRITER(&text, 0);
	int r = read_wanted(o, update, err);

	if (r == 0)
		r = read_config(state, update, err);
	if (r == 0)
		r = merge_config(o, update, err);
	if (r < 0)
		return r;
	json_put_value(&writer, NULL, update->wanted);
	if (text.failed)
		return err_memory(err);
	r = spec_parse_resources(text.data, text.size, o->resources_file ? o->resources_file : "update", &update->new,
				 err);
	if (r < 0)
		return r;
	spec_visit_unknown_resources(update->new, warn_unknown, NULL);
	update->resources = spec_of(update->new)->linux_.resources;
	complete(&update->resources, &spec_of(update->old)->linux_.resources);
	return 0;
}

/* The new configuration, beside the one that it will replace: afterwards nothing but a rename can fail. */
static int write_config(const struct state *state, const struct update *update, struct err *err)
{
	autobuf text = { 0 };
	struct json_writer writer = JSON_WRITER(&text, 0);

	json_put_value(&writer, NULL, update->config);
	if (text.failed)
		return err_memory(err);
	(void)unlinkat(state->dir, STATE_CONFIG_NEW, 0); /* of an update that was killed */
	return file_make(state->dir, STATE_CONFIG_NEW, text.data, text.size, 0600, err);
}

static int apply(struct state *state, struct update *update, struct err *err)
{
	struct cgroup_made made = state->cgroup;
	struct cgroup_layout layout;
	struct cgroup_plan *plan;
	struct err other;
	int r = cgroup_detect(&layout, err);

	if (r == 0)
		r = cgroup_plan_update(&update->resources, &layout, &state->cgroup, &update->arena, &plan, err);
	if (r < 0)
		return r;
	r = cgroup_update(plan, &made, err);
	if (strcmp(made.v1, state->cgroup.v1) != 0) {
		state->cgroup = made;
		if (state_change(state, r < 0 ? &other : err) < 0 && r == 0)
			r = -err->number;
	}
	return r;
}

static int check_schemas(const struct container_update_options *o, const struct state *state, struct err *err)
{
	if (!state->resctrl.root)
		return err_set(err, ENOTSUP, "cannot update schemas of %s: it has no linux.intelRdt", o->id);
	if (o->l3_cache_schema && !form_is_schema(o->l3_cache_schema))
		return err_user(err, "linux.intelRdt.l3CacheSchema: \"%.200s\" is not a line such as L3:0=f;1=f",
				o->l3_cache_schema);
	if (o->mem_bw_schema && (strncmp(o->mem_bw_schema, "MB:", 3) != 0 || !form_is_schema(o->mem_bw_schema)))
		return err_user(err, "linux.intelRdt.memBwSchema: \"%.200s\" is not a line such as MB:0=50;1=100",
				o->mem_bw_schema);
	return 0;
}

/* Before the cgroup, as it is easily taken back. */
static int apply_schemas(const struct container_update_options *o, const struct state *state, struct update *update,
			 struct err *err)
{
	autofd root = -1;
	int r;

	if (!o->l3_cache_schema && !o->mem_bw_schema)
		return 0;
	r = check_schemas(o, state, err);
	if (r == 0)
		r = resctrl_reopen(state->resctrl.root, &root, err);
	if (r > 0)
		return err_set(err, ENOTSUP, "linux.intelRdt: %s is not mounted any more", state->resctrl.root);
	return r < 0 ? r
		     : resctrl_update(&state->resctrl, root, o->l3_cache_schema, o->mem_bw_schema, &update->schemata,
				      err);
}

static void take_schemas_back(const struct state *state, const struct update *update)
{
	struct err ignored; /* the first failure is the one to tell */
	autofd root = -1;

	if (update->schemata && resctrl_reopen(state->resctrl.root, &root, &ignored) == 0)
		(void)resctrl_restore(&state->resctrl, root, update->schemata, &ignored);
}

static int update_open(const struct container_update_options *o, struct state *state, struct err *err)
{
	struct update update = { .wanted = NULL };
	int r;

	r = prepare(o, state, &update, err);
	if (r == 0 && !state->cgroup.inode && json_object_size(update.wanted))
		r = lifecycle_no_cgroup("update", o->id, err);
	if (r == 0)
		r = write_config(state, &update, err);
	if (r == 0) {
		r = apply_schemas(o, state, &update, err);
		if (r == 0 && state->cgroup.inode)
			r = apply(state, &update, err);
		if (r < 0)
			take_schemas_back(state, &update);
		if (r < 0)
			(void)unlinkat(state->dir, STATE_CONFIG_NEW, 0); /* at worst delete removes it */
		else if (renameat(state->dir, STATE_CONFIG_NEW, state->dir, STATE_CONFIG) < 0)
			r = err_sys(err, errno, "the limits are set, but not kept in " STATE_CONFIG);
	}
	update_free(&update);
	return r;
}

int container_update(const struct container_host *host, const struct container_update_options *options, struct err *err)
{
	struct state state;
	int r = lifecycle_open(host, options->id, LIFECYCLE_UPDATE, &state, err);

	if (r == 0)
		r = update_open(options, &state, err);
	state_close(&state);
	return r;
}
