/* Any text as /etc/subuid: the mappings that come of it are ones that the kernel takes, and hold nothing that was not granted.
 *
 * An input is the text; its first byte chooses the caller's own ID. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "namespaces/subids.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort(); /* how a fuzzer is told */
}

static bool overlap(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* As map_write() of kernel/user_namespace.c wants it. */
static void check_kernel_takes(const struct spec_id_mappings *map)
{
	size_t text = 0;

	must(map->count >= 1 && map->count <= 340);
	for (size_t i = 0; i < map->count; i++) {
		const struct spec_id_mapping *a = &map->items[i];

		must(a->size && (uint64_t)a->container_id + a->size <= UINT32_MAX &&
		     (uint64_t)a->host_id + a->size <= UINT32_MAX);
		text += (size_t)snprintf(NULL, 0, "%u %u %u\n", a->container_id, a->host_id, a->size);
		for (size_t j = 0; j < i; j++) {
			const struct spec_id_mapping *b = &map->items[j];

			must(!overlap(a->container_id, a->size, b->container_id, b->size));
			must(!overlap(a->host_id, a->size, b->host_id, b->size));
		}
	}
	must(text < 4096);
}

/* Each line lies within one of the ranges. */
static void check_granted(const struct spec_id_mappings *map, const struct spec_id_mappings *ranges)
{
	for (size_t i = 1; i < map->count; i++) {
		const struct spec_id_mapping *a = &map->items[i];
		bool found = false;

		for (size_t j = 0; !found && j < ranges->count; j++)
			found = a->host_id >= ranges->items[j].host_id &&
				(uint64_t)a->host_id + a->size <=
					(uint64_t)ranges->items[j].host_id + ranges->items[j].size;
		must(found);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct subid_owner ann = { .name = "ann", .uid = 1000 };
	const uint32_t own = size ? data[0] * 16843009U % UINT32_MAX : 0;
	struct spec_id_mappings ranges, map;
	struct arena arena = { 0 };
	autofree char *text = strndup((const char *)data, size);
	struct err err;

	if (text && subids_read(text, &ann, &arena, &ranges, &err) == 0 &&
	    subids_map(own, &ranges, &arena, &map, &err) == 0) {
		must(map.items[0].container_id == 0 && map.items[0].host_id == own && map.items[0].size == 1);
		check_kernel_takes(&map);
		check_granted(&map, &ranges);
	}
	arena_free(&arena);
	return 0;
}
