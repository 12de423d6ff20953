#include "cgroups/scope.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/str.h"
#include "base/user.h"
#include "cgroups/group.h"
#include "cgroups/path.h"
#include "spec/annotations.h"

#define SUB_GROUP "container"

int scope_add(struct scope_plan *scope, struct arena *arena, const char *name, const char *signature,
	      const char *const *words, size_t count, struct err *err)
{
	struct unit_property *property = ARENA_NEW(arena, struct unit_property, 1);

	if (!property)
		return err_memory(err);
	property->name = name;
	(void)snprintf(property->value.signature, sizeof(property->value.signature), "%s", signature);
	property->value.words = ARENA_NEW(arena, const char *, count);
	if (!property->value.words)
		return err_memory(err);
	for (size_t i = 0; i < count; i++) {
		if (!words[i])
			return err_memory(err); /* of what made it */
		property->value.words[property->value.count++] = words[i];
	}
	*scope->tail = property;
	scope->tail = &property->next;
	return 0;
}

static int add_one(struct scope_plan *scope, struct arena *arena, const char *name, const char *signature,
		   const char *word, struct err *err)
{
	return scope_add(scope, arena, name, signature, &word, 1, err);
}

/* What every scope has.  Default dependencies would stop it before the engine at shutdown, and order it after targets that
 * may not be reached. */
static int add_constant(struct scope_plan *scope, const char *id, struct arena *arena, struct err *err)
{
	static const struct {
		const char *name, *signature, *word;
	} rows[] = {
		{ "Delegate", "b", "1" },
		{ "DefaultDependencies", "b", "0" },
		{ "CollectMode", "s", "inactive-or-failed" },
		{ "CPUAccounting", "b", "1" },
		{ "MemoryAccounting", "b", "1" },
		{ "IOAccounting", "b", "1" },
		{ "TasksAccounting", "b", "1" },
	};
	int r = add_one(scope, arena, "Description", "s", arena_printf(arena, "kavel container %s", id), err);

	if (r == 0)
		r = add_one(scope, arena, "Slice", "s", scope->slice, err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++)
		r = add_one(scope, arena, rows[i].name, rows[i].signature, rows[i].word, err);
	return r;
}

/* ---------------------------------------------------------------- annotations */

/* Seconds are a convenience of unit files; on the bus such a property counts microseconds. */
static int seconds_to_usec(struct unit_value *value, struct arena *arena, struct err *err)
{
	const char type = value->signature[0];
	uint64_t seconds;
	const char *text;

	if (value->count != 1 || value->signature[1] || !strchr("ynqiuxtd", type))
		return err_user(err, "a number of seconds is needed, not a value of type \"%s\"", value->signature);
	if (type == 'd')
		text = arena_printf(arena, "%.0f", strtod(value->words[0], NULL) * 1e6);
	else if (!str_u64(value->words[0], UINT64_MAX / 1000000, &seconds))
		return err_user(err, "\"%s\" is not a number of seconds", value->words[0]);
	else
		text = arena_printf(arena, "%llu", (unsigned long long)seconds * 1000000);
	if (!text)
		return err_memory(err);
	if (*text == '-')
		return err_user(err, "\"%s\" is not a number of seconds", value->words[0]);
	value->words[0] = text;
	value->signature[0] = 't';
	return 0;
}

static bool is_property_name(const char *name)
{
	size_t size = strlen(name);

	for (const char *at = name; *at; at++)
		if (!isalpha((unsigned char)*at))
			return false;
	return size >= 3 && size < 100;
}

static bool has_suffix(const char *text, const char *suffix)
{
	size_t size = strlen(text), end = strlen(suffix);

	return size >= end && str_eq(text + size - end, suffix);
}

/* What the container's group depends on. */
static bool is_ours(const char *name)
{
	static const char *const names[] = { "Delegate", "PIDs", "Slice", "CollectMode" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (str_eq(name, names[i]))
			return true;
	return false;
}

static int add_annotated(struct scope_plan *scope, const char *name, const char *text, struct arena *arena,
			 struct err *err)
{
	struct unit_value value;
	int r;

	if (!is_property_name(name))
		return err_user(err, "not the name of a property");
	if (is_ours(name))
		return err_user(err, "belongs to the runtime");
	r = unit_value_parse(text, arena, &value, err);
	if (r == 0 && has_suffix(name, "Sec") && !has_suffix(name, "USec")) {
		r = seconds_to_usec(&value, arena, err);
		name = arena_printf(arena, "%.*sUSec", (int)(strlen(name) - strlen("Sec")), name);
	}
	if (r < 0)
		return r;
	return name ? scope_add(scope, arena, name, value.signature, value.words, value.count, err) : err_memory(err);
}

static int read_sub_group(struct scope_plan *scope, const char *given, struct err *err)
{
	scope->sub_group = given ? given : SUB_GROUP;
	if (str_eq(scope->sub_group, ".") || str_eq(scope->sub_group, "..") || strlen(scope->sub_group) > 200)
		return err_user(err,
				"annotations[\"" ANNOTATION_SYSTEMD_SUB_GROUP "\"]: \"%s\" is not the name of a group",
				scope->sub_group);
	for (const char *at = scope->sub_group; *at; at++)
		if ((unsigned char)*at <= 0x20 || *at == 0x7f || *at == '/')
			return err_user(err,
					"annotations[\"" ANNOTATION_SYSTEMD_SUB_GROUP
					"\"]: \"%s\" is not the name of a group",
					scope->sub_group);
	return 0;
}

int scope_add_annotations(struct scope_plan *scope, const struct spec *spec, struct arena *arena, struct err *err)
{
	for (size_t i = 0; i < spec->annotations.count; i++) {
		const struct spec_pair *pair = &spec->annotations.items[i];
		const char *name = str_after(pair->key, ANNOTATION_SYSTEMD_PROPERTY);

		if (!name || add_annotated(scope, name, pair->value, arena, err) == 0)
			continue;
		return err_in(err, "annotations[\"%s\"]", pair->key);
	}
	return 0;
}

/* ---------------------------------------------------------------- the whole */

bool scope_tells_devices(const struct cgroup_layout *layout, bool is_own)
{
	return layout->mode == CGROUP_V2 || (layout->mode == CGROUP_V1 && is_own);
}

int scope_plan(const struct spec *spec, const struct cgroup_request *request, struct arena *arena,
	       struct cgroup_plan *plan, struct err *err)
{
	struct scope_plan *scope = ARENA_NEW(arena, struct scope_plan, 1);
	const int systemd = cgroup_systemd(request->layout);
	const char *name;
	int r;

	if (!scope)
		return err_memory(err);
	if (systemd < 0)
		return err_set(
			err, ENOTSUP,
			"the systemd cgroup manager needs cgroup v2 or systemd's own hierarchy (name=systemd), and "
			"neither is mounted here");
	plan->hierarchies |= 1u << systemd;
	scope->tail = &scope->properties;
	scope->is_user = !request->layout->is_root || !user_ns_is_initial();
	name = cgroup_default_name(request->id, request->root, arena);
	r = name ? scope_name(spec->linux_.cgroups_path, name, arena, scope, err) : err_memory(err);
	if (r == 0)
		r = read_sub_group(scope, spec_annotation(spec, ANNOTATION_SYSTEMD_SUB_GROUP), err);
	if (r == 0)
		r = add_constant(scope, request->id, arena, err);
	if (r == 0)
		r = scope_add_writes(scope, plan->writes, arena, err);
	if (r == 0 && scope_tells_devices(request->layout, !*scope->sub_group))
		r = scope_add_devices(scope, &plan->device_rules, arena, err);
	if (r == 0)
		r = scope_add_annotations(scope, spec, arena, err);
	if (r < 0)
		return r;
	plan->path = scope_path(scope, arena);
	if (!plan->path)
		return err_memory(err);
	if (strlen(plan->path) >= sizeof(((struct cgroup_made *)NULL)->path))
		return err_set(err, ENAMETOOLONG, "linux.cgroupsPath: too long");
	plan->scope = scope;
	return 0;
}

void scope_print(const struct scope_plan *scope, struct str_buf *out)
{
	str_append_f(out, "%s unit %s in %s\n", scope->is_user ? "user" : "system", scope->unit, scope->slice);
	for (const struct unit_property *item = scope->properties; item; item = item->next) {
		str_append_f(out, "unit property %s %s", item->name, item->value.signature);
		for (size_t i = 0; i < item->value.count; i++)
			str_append_f(out, " %s", item->value.words[i]);
		str_append(out, "\n");
	}
}
