#include "namespaces/subids.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"

/* Cut the next field up to `separator` off *at; NULL: there is none.  *ret_size: without the separator. */
static const char *next_field(const char **at, char separator, size_t *ret_size)
{
	const char *field = *at;

	if (!field)
		return NULL;
	*ret_size = (size_t)(strchrnul(field, separator) - field);
	*at = field[*ret_size] ? field + *ret_size + 1 : NULL;
	return field;
}

static bool read_number(const char *field, size_t size, uint64_t *ret)
{
	char text[24];

	if (size >= sizeof(text))
		return false;
	memcpy(text, field, size);
	text[size] = '\0';
	return str_u64(text, UINT64_MAX, ret);
}

static bool is_text(const char *field, size_t size, const char *text)
{
	return text && strlen(text) == size && memcmp(field, text, size) == 0;
}

/* One line, without its newline. */
static bool read_line(const char *line, size_t size, const struct subid_owner *owner, struct spec_id_mapping *ret)
{
	char copy[256], number[16];
	const char *at = copy, *name, *start, *count;
	size_t name_size, start_size, count_size;
	uint64_t first, n;

	if (size >= sizeof(copy))
		return false;
	memcpy(copy, line, size);
	copy[size] = '\0';
	name = next_field(&at, ':', &name_size);
	start = next_field(&at, ':', &start_size);
	count = next_field(&at, ':', &count_size);
	if (!start || !count || at)
		return false;
	(void)snprintf(number, sizeof(number), "%u", owner->uid);
	if (!is_text(name, name_size, owner->name) && !is_text(name, name_size, number))
		return false;
	if (!read_number(start, start_size, &first) || !read_number(count, count_size, &n) || first >= UINT32_MAX || !n)
		return false;
	/* the last ID, (uid_t)-1, is none */
	if (n > UINT32_MAX - first)
		n = UINT32_MAX - first;
	*ret = (struct spec_id_mapping){ .host_id = (uint32_t)first, .size = (uint32_t)n };
	return true;
}

int subids_read(const char *text, const struct subid_owner *owner, struct arena *arena, struct spec_id_mappings *ret,
		struct err *err)
{
	struct spec_id_mappings ranges = { .items = ARENA_NEW(arena, struct spec_id_mapping, SUBIDS_LINES_MAX) };
	const char *line;
	size_t size;

	if (!ranges.items)
		return err_memory(err);
	while (ranges.count < SUBIDS_LINES_MAX && (line = next_field(&text, '\n', &size)))
		ranges.count += read_line(line, size, owner, &ranges.items[ranges.count]);
	*ret = ranges;
	return 0;
}

/* The mapping with the lowest host ID of those that overlap [start, end); NULL: none does. */
static const struct spec_id_mapping *first_overlap(const struct spec_id_mappings *list, uint64_t start, uint64_t end)
{
	const struct spec_id_mapping *first = NULL;

	for (size_t i = 0; i < list->count; i++) {
		const struct spec_id_mapping *item = &list->items[i];

		if (item->host_id < end && start < (uint64_t)item->host_id + item->size &&
		    (!first || item->host_id < first->host_id))
			first = item;
	}
	return first;
}

/* Append [start, end) as the next container IDs, as far as there is room. */
static void append(struct spec_id_mappings *list, uint64_t start, uint64_t end)
{
	const struct spec_id_mapping *last = &list->items[list->count - 1];
	const uint64_t next = (uint64_t)last->container_id + last->size;

	if (list->count == SUBIDS_LINES_MAX || next >= UINT32_MAX)
		return;
	if (end - start > UINT32_MAX - next)
		end = start + (UINT32_MAX - next);
	list->items[list->count++] = (struct spec_id_mapping){ .container_id = (uint32_t)next,
							       .host_id = (uint32_t)start,
							       .size = (uint32_t)(end - start) };
}

/* Append what is not there yet of a range. */
static void add_range(struct spec_id_mappings *list, const struct spec_id_mapping *range)
{
	const uint64_t end = (uint64_t)range->host_id + range->size;
	const struct spec_id_mapping *taken;
	uint64_t start = range->host_id;

	while (start < end && (taken = first_overlap(list, start, end))) {
		/* the list changes, and with it what `taken` points to does not */
		const uint64_t after = (uint64_t)taken->host_id + taken->size;

		if (taken->host_id > start)
			append(list, start, taken->host_id);
		start = after;
	}
	if (start < end)
		append(list, start, end);
}

int subids_map_one(uint32_t inside, uint32_t own, struct arena *arena, struct spec_id_mappings *ret, struct err *err)
{
	struct spec_id_mapping *item = ARENA_NEW(arena, struct spec_id_mapping, SUBIDS_LINES_MAX);

	if (!item)
		return err_memory(err);
	*item = (struct spec_id_mapping){ .container_id = inside, .host_id = own, .size = 1 };
	*ret = (struct spec_id_mappings){ .items = item, .count = 1 };
	return 0;
}

int subids_map(uint32_t own, const struct spec_id_mappings *ranges, struct arena *arena, struct spec_id_mappings *ret,
	       struct err *err)
{
	struct spec_id_mappings list;
	int r = subids_map_one(0, own, arena, &list, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < ranges->count; i++)
		add_range(&list, &ranges->items[i]);
	*ret = list;
	return 0;
}
