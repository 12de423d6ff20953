#include "rootfs/plan.h"

#include <stdlib.h>

#include "base/auto.h"
#include "base/sys.h"

const char *plan_clean_path(const char *path, struct arena *arena)
{
	char *clean = arena_alloc(arena, strlen(path) + 2, 1);
	size_t size = 0;

	if (!clean)
		return NULL;
	for (const char *at = path + strspn(path, "/"); *at; at += strspn(at, "/")) {
		size_t part = strcspn(at, "/");

		if (part == 2 && at[0] == '.' && at[1] == '.') {
			while (size && clean[--size] != '/')
				;
		} else if (part != 1 || at[0] != '.') {
			clean[size++] = '/';
			memcpy(clean + size, at, part);
			size += part;
		}
		at += part;
	}
	if (!size)
		clean[size++] = '/';
	clean[size] = '\0';
	return clean;
}

const char *plan_host_path(const struct rootfs_context *context, const char *path, struct arena *arena)
{
	return path[0] == '/' ? path : arena_printf(arena, "%s/%s", context->bundle, path);
}

bool rootfs_is_private(const struct rootfs_plan *plan)
{
	return !plan->propagation || plan->propagation == MS_PRIVATE || plan->propagation == MS_UNBINDABLE;
}

static int plan_propagation(const struct spec *spec, struct rootfs_plan *plan, struct err *err)
{
	static const struct str_name names[] = {
		{ "private", MS_PRIVATE },
		{ "rprivate", MS_PRIVATE | MS_REC },
		{ "slave", MS_SLAVE },
		{ "rslave", MS_SLAVE | MS_REC },
		{ "shared", MS_SHARED },
		{ "rshared", MS_SHARED | MS_REC },
		{ "unbindable", MS_UNBINDABLE },
		{ "runbindable", MS_UNBINDABLE | MS_REC },
		{ NULL, 0 },
	};
	const char *name = spec->linux_.rootfs_propagation;
	const struct str_name *row;

	if (!name || !*name)
		return 0;
	row = str_lookup(names, name);
	if (!row)
		return err_user(err, "linux.rootfsPropagation: unknown propagation \"%s\"", name);
	plan->propagation = (unsigned long)row->value & ~(unsigned long)MS_REC;
	plan->propagation_below = row->value & MS_REC;
	/* moving to "/", and taking away what lies below, would happen on the host as well */
	if (plan->context.no_pivot && plan->propagation == MS_SHARED)
		return err_user(err, "linux.rootfsPropagation: %s is not possible with --no-pivot", name);
	return 0;
}

static int plan_root(const struct spec *spec, struct arena *arena, struct rootfs_plan *plan, struct err *err)
{
	const char *path = plan_host_path(&plan->context, spec->root.path, arena);

	plan->path = path ? plan_clean_path(path, arena) : NULL;
	plan->readonly = spec->root.readonly;
	if (!plan->path)
		return err_memory(err);
	if (str_eq(plan->path, "/") && plan->context.has_mount_ns)
		return err_user(
			err, "root.path: the host's own root cannot be switched to (an overlay of it can: annotation "
			     "org.kavel.overlay.lowerdirs)");
	return 0;
}

/* kavel does not mount in a mount namespace that it did not make. */
static int check_without_mount_ns(const struct spec *spec, const struct rootfs_plan *plan, struct err *err)
{
	const struct {
		bool is_asked;
		const char *name;
	} rows[] = {
		{ plan->overlay.is_set, "annotations[\"org.kavel.overlay.lowerdirs\"]" },
		{ spec->mounts.count, "mounts[0]" },
		{ plan->context.own_mounts && plan->context.own_mounts->count, "kavel's own mount" },
		{ spec->root.readonly, "root.readonly" },
		{ plan->propagation, "linux.rootfsPropagation" },
		{ spec->linux_.masked_paths.count, "linux.maskedPaths" },
		{ spec->linux_.readonly_paths.count, "linux.readonlyPaths" },
	};

	if (plan->context.has_mount_ns)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].is_asked)
			return err_user(err, "%s: needs a new mount namespace (linux.namespaces has none)",
					rows[i].name);
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int plan_paths(const struct spec_strings *list, const char *name, struct arena *arena, struct spec_strings *ret,
		      struct err *err)
{
	struct spec_strings paths = { .items = ARENA_NEW(arena, const char *, list->count) };

	if (!paths.items)
		return err_memory(err);
	for (size_t i = 0; i < list->count; i++) {
		const char *path = plan_clean_path(list->items[i], arena);

		if (!path)
			return err_memory(err);
		if (str_eq(path, "/"))
			return err_user(err, "linux.%s[%zu]: is the root itself", name, i);
		paths.items[paths.count++] = path + 1;
	}
	/* each once: a second mask on the same place would be a second mount */
	qsort(paths.items, paths.count, sizeof(*paths.items), compare_texts);
	for (size_t i = 0; i < paths.count; i++)
		if (!ret->count || !str_eq(paths.items[i], paths.items[ret->count - 1]))
			paths.items[ret->count++] = paths.items[i];
	ret->items = paths.items;
	return 0;
}

int rootfs_plan_masks(const struct spec *spec, struct arena *arena, struct rootfs_plan *plan, struct err *err)
{
	int r = plan_paths(&spec->linux_.masked_paths, "maskedPaths", arena, &plan->masked, err);

	return r < 0 ? r : plan_paths(&spec->linux_.readonly_paths, "readonlyPaths", arena, &plan->readonly_paths, err);
}

int rootfs_plan(const struct spec *spec, const struct rootfs_context *context, struct arena *arena,
		struct rootfs_plan **ret, struct err *err)
{
	struct rootfs_plan *plan = ARENA_NEW(arena, struct rootfs_plan, 1);
	int r;

	if (!plan)
		return err_memory(err);
	plan->context = *context;
	r = plan_root(spec, arena, plan, err);
	if (r == 0)
		r = rootfs_plan_label(spec, arena, plan, err);
	if (r == 0)
		r = plan_propagation(spec, plan, err);
	if (r == 0)
		r = rootfs_plan_overlay(spec, arena, plan, err);
	if (r == 0)
		r = check_without_mount_ns(spec, plan, err);
	if (r == 0)
		r = rootfs_plan_mounts(spec, arena, plan, err);
	if (r == 0)
		r = rootfs_plan_devices(spec, arena, plan, err);
	if (r == 0)
		r = rootfs_plan_masks(spec, arena, plan, err);
	if (r < 0)
		return r;
	*ret = plan;
	return 0;
}

const char *rootfs_path(const struct rootfs_plan *plan)
{
	return plan->path;
}
