/* The mappings that a process has. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "namespaces/map.h"

#define MAP_SIZE_MAX (340u * 36) /* bytes: as many lines of three numbers as the kernel takes */

static bool next_number(char **rest, uint32_t *ret)
{
	uint64_t number;
	char *word;

	do
		word = strsep(rest, " \n");
	while (word && !*word);
	if (!word || !str_u64(word, UINT32_MAX, &number))
		return false;
	*ret = (uint32_t)number;
	return true;
}

int ns_read_map(pid_t pid, enum ns_map_kind kind, struct spec_id_mappings *ret, struct err *err)
{
	autofree char *text = NULL;
	autofree struct spec_id_mapping *items = NULL;
	char path[40], *rest;
	size_t size, count = 0;
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, kind == NS_MAP_UID ? "uid_map" : "gid_map");
	r = file_read_stream(path, MAP_SIZE_MAX, &text, &size, err);
	if (r < 0)
		return r;
	items = calloc(size / 6 + 1, sizeof(*items)); /* a line has at least three digits and three blanks */
	if (!items)
		return err_memory(err);
	rest = text;
	while (next_number(&rest, &items[count].container_id) && next_number(&rest, &items[count].host_id) &&
	       next_number(&rest, &items[count].size))
		count++;
	*ret = (struct spec_id_mappings){ .items = take_ptr(items), .count = count };
	return 0;
}

bool ns_map_find(const struct spec_id_mappings *mappings, uint32_t id, uint32_t *ret)
{
	for (size_t i = 0; i < mappings->count; i++) {
		const struct spec_id_mapping *m = &mappings->items[i];

		if (id < m->container_id || id - m->container_id >= m->size)
			continue;
		*ret = m->host_id + (id - m->container_id);
		return true;
	}
	return false;
}
