/* Idmapped mounts: which mapping each has, and each mapping once, as each needs a user namespace of its own. */
#include "rootfs/plan.h"

#include "base/auto.h"
#include "spec/check.h"

#define KEY_IDMAP "org.kavel.rootfs.idmap"

static bool same_ids(const struct spec_id_mappings *a, const struct spec_id_mappings *b)
{
	return a->count == b->count && (!a->count || !memcmp(a->items, b->items, a->count * sizeof(*a->items)));
}

/* The guest's own has no IDs where they are not known: those of a namespace that is joined. */
static bool same_mapping(const struct mapping_item *a, const struct mapping_item *b)
{
	return (a->is_guests && b->is_guests) ||
	       (!a->is_guests == !b->is_guests && same_ids(&a->uids, &b->uids) && same_ids(&a->gids, &b->gids));
}

static void add_mapping(struct rootfs_plan *plan, struct mapping_item mapping, struct idmap_item *ret)
{
	const struct rootfs_context *context = &plan->context;
	size_t i = 0;

	if (context->uids && same_ids(&mapping.uids, context->uids) && same_ids(&mapping.gids, context->gids))
		mapping.is_guests = true;
	while (i < plan->mapping_count && !same_mapping(&plan->mappings[i], &mapping))
		i++;
	if (i == plan->mapping_count)
		plan->mappings[plan->mapping_count++] = mapping;
	ret->is_set = true;
	ret->mapping = i;
}

static struct mapping_item guests_mapping(const struct rootfs_plan *plan)
{
	const struct rootfs_context *context = &plan->context;

	return context->uids
		       ? (struct mapping_item){ .is_guests = true, .uids = *context->uids, .gids = *context->gids }
		       : (struct mapping_item){ .is_guests = true };
}

/* ---------------------------------------------------------------- idmap=uids=A-B-C#...;gids=... */

/* One range: IDs from `container_id` on in the file system are IDs from `host_id` on for the host. */
static bool parse_number(const char **at, char end, uint32_t *ret)
{
	const char *stop = strchrnul(*at, end);
	char digits[16];
	size_t size = (size_t)(stop - *at);
	uint64_t value;

	if (size >= sizeof(digits))
		return false;
	memcpy(digits, *at, size);
	digits[size] = '\0';
	if (!str_u64(digits, UINT32_MAX, &value))
		return false;
	*at = *stop ? stop + 1 : stop;
	*ret = (uint32_t)value;
	return true;
}

static bool parse_range(const char *text, struct spec_id_mapping *ret)
{
	return parse_number(&text, '-', &ret->container_id) && parse_number(&text, '-', &ret->host_id) &&
	       parse_number(&text, '\0', &ret->size) && ret->size;
}

static const struct spec_id_mapping *range_of(const struct spec_id_mappings *guest, uint32_t id)
{
	for (size_t i = 0; i < guest->count; i++)
		if (id >= guest->items[i].container_id && id - guest->items[i].container_id < guest->items[i].size)
			return &guest->items[i];
	return NULL;
}

/* A range whose second number is an ID of the guest: in as many pieces as the guest's mapping has for it. */
static bool append_relative(const struct spec_id_mappings *guest, struct spec_id_mapping range,
			    struct spec_id_mappings *list)
{
	while (range.size) {
		const struct spec_id_mapping *of = range_of(guest, range.host_id);
		uint32_t offset, piece;

		if (!of)
			return false;
		offset = range.host_id - of->container_id;
		piece = of->size - offset < range.size ? of->size - offset : range.size;
		list->items[list->count++] = (struct spec_id_mapping){ .container_id = range.container_id,
								       .host_id = of->host_id + offset,
								       .size = piece };
		range.container_id += piece;
		range.host_id += piece;
		range.size -= piece;
	}
	return true;
}

/* `text`: ranges with '#' between them, which is changed.  guest: the mapping that '@' refers to; NULL: not known. */
static int parse_ranges(char *text, const struct spec_id_mappings *guest, const char *place, struct arena *arena,
			struct spec_id_mappings *ret, struct err *err)
{
	size_t room = 1;

	for (const char *at = text; *at; at++)
		room += (size_t)(*at == '#') + (*at == '@' && guest ? guest->count : 0);
	ret->items = ARENA_NEW(arena, struct spec_id_mapping, room);
	if (!ret->items)
		return err_memory(err);
	for (char *part; (part = strsep(&text, "#"));) {
		bool is_relative = *part == '@';
		struct spec_id_mapping range = { 0 };

		if (!parse_range(part + is_relative, &range))
			return err_user(err, "%s: \"%s\" is not FILE-SYSTEM-ID-HOST-ID-SIZE", place, part);
		if (!is_relative)
			ret->items[ret->count++] = range;
		else if (!guest || !guest->count)
			return err_user(err, "%s: \"%s\" is relative to mappings that linux does not have", place,
					part);
		else if ((uint64_t)range.host_id + range.size > UINT32_MAX || !append_relative(guest, range, ret))
			return err_user(err, "%s: \"%s\" is not mapped by the guest's user namespace", place, part);
	}
	return check_mappings(ret, place, err);
}

/* The parts that crun's option has, each once. */
static int parse_option(const struct mount_item *m, const struct rootfs_context *context, struct arena *arena,
			struct mapping_item *ret, struct err *err)
{
	char *text = arena_strdup(arena, m->options.idmap_ranges);
	const char *place = arena_printf(arena, "%s.options[%zu]", m->where, m->options.idmap_index);

	if (!text || !place)
		return err_memory(err);
	for (char *part; (part = strsep(&text, ";"));) {
		bool is_uids = str_after(part, "uids=");
		struct spec_id_mappings *list = is_uids ? &ret->uids : &ret->gids;
		int r;

		if (!*part)
			continue;
		if (!is_uids && !str_after(part, "gids="))
			return err_user(err, "%s: expected uids=... or gids=..., got \"%s\"", place, part);
		if (list->items)
			return err_user(err, "%s: %.5s stands there twice", place, part);
		r = parse_ranges(part + strlen("uids="), is_uids ? context->uids : context->gids, place, arena, list,
				 err);
		if (r < 0)
			return r;
	}
	if (!ret->uids.count || !ret->gids.count)
		return err_user(err, "%s: needs both uids= and gids=", place);
	return 0;
}

/* ---------------------------------------------------------------- the plan */

int rootfs_plan_idmap(const struct spec_mount *mount, struct arena *arena, struct rootfs_plan *plan,
		      struct mount_item *m, struct err *err)
{
	const struct mount_options *o = &m->options;
	struct mapping_item mapping = { .uids = mount->uid_mappings, .gids = mount->gid_mappings };
	int r;

	if (!mount->uid_mappings.count && !o->idmap)
		return 0;
	if (m->kind == MOUNT_CHANGE)
		return err_user(err, "%s: what is mounted already cannot be idmapped", m->where);
	if (m->kind == MOUNT_OWN_CGROUP || m->kind == MOUNT_CGROUP_TREE)
		return err_user(err, "%s: cgroup file systems do not support idmapped mounts", m->where);
	if (!mount->uid_mappings.count && o->idmap_ranges) {
		r = parse_option(m, &plan->context, arena, &mapping, err);
		if (r < 0)
			return r;
	} else if (!mount->uid_mappings.count) {
		if (!plan->context.has_user_ns)
			return err_user(err,
					"%s.options[%zu]: needs uidMappings and gidMappings, or a guest with a user "
					"namespace",
					m->where, o->idmap_index);
		mapping = guests_mapping(plan);
	}
	m->idmap.is_below = o->idmap_below;
	add_mapping(plan, mapping, &m->idmap);
	return 0;
}

int rootfs_plan_root_idmap(const struct spec *spec, struct rootfs_plan *plan, struct err *err)
{
	const char *value = spec_annotation(spec, KEY_IDMAP);

	if (!value || str_eq(value, "false"))
		return 0;
	if (!str_eq(value, "true"))
		return err_user(err, "annotations[\"" KEY_IDMAP "\"]: expected true or false, got \"%s\"", value);
	if (!plan->context.has_mount_ns || !plan->context.has_user_ns)
		return err_user(err, "annotations[\"" KEY_IDMAP
				     "\"]: needs a user and a mount namespace in linux.namespaces");
	add_mapping(plan, guests_mapping(plan), &plan->root_idmap);
	return 0;
}

bool rootfs_wants_prepare(const struct rootfs_plan *plan)
{
	return plan->context.has_mount_ns && (plan->context.has_user_ns || plan->mapping_count);
}

size_t rootfs_mapping_count(const struct rootfs_plan *plan)
{
	return plan->mapping_count;
}

bool rootfs_mapping(const struct rootfs_plan *plan, size_t index, const struct spec_id_mappings **ret_uids,
		    const struct spec_id_mappings **ret_gids)
{
	const struct mapping_item *mapping = &plan->mappings[index];

	if (!mapping->uids.count)
		return false;
	*ret_uids = &mapping->uids;
	*ret_gids = &mapping->gids;
	return true;
}
