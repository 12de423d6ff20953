#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "resctrl/resctrl.h"
#include "resctrl/schema.h"

#define TEXT_MAX    128
#define DOMAINS_MAX 4096

/* A number in a file; UINT64_MAX: there is none ("Unavailable", "Error"). */
static uint64_t read_number(int dir, const char *path)
{
	char text[TEXT_MAX];
	uint64_t number;

	return file_read_short(dir, path, text, sizeof(text)) > 0 && str_u64(text, UINT64_MAX, &number) ? number
													: UINT64_MAX;
}

static uint64_t read_or_zero(int dir, const char *path)
{
	uint64_t number = read_number(dir, path);

	return number == UINT64_MAX ? 0 : number;
}

static const char *line_of(const char *schemata, const char *resource, struct arena *arena)
{
	const char *line;
	size_t size = resctrl_schema_line(schemata, resource, &line);

	return size ? arena_printf(arena, "%.*s", (int)size, line) : NULL;
}

static void read_schemata(int root, const char *group, struct arena *arena, const char **l3, const char **mb)
{
	autofree char *text = NULL;

	if (resctrl_schemata_read(root, group, &text) < 0) /* a group that is gone has none */
		return;
	*l3 = line_of(text, "L3", arena);
	*mb = line_of(text, "MB", arena);
}

static void read_info(int root, struct arena *arena, struct resctrl_stats *stats)
{
	char mask[TEXT_MAX];

	if (file_read_short(root, "info/L3/cbm_mask", mask, sizeof(mask)) > 0)
		stats->cbm_mask = arena_strdup(arena, mask);
	stats->min_cbm_bits = read_or_zero(root, "info/L3/min_cbm_bits");
	stats->l3_num_closids = read_or_zero(root, "info/L3/num_closids");
	stats->has_mb = read_number(root, "info/MB/num_closids") != UINT64_MAX;
	stats->bandwidth_gran = read_or_zero(root, "info/MB/bandwidth_gran");
	stats->delay_linear = read_or_zero(root, "info/MB/delay_linear");
	stats->min_bandwidth = read_or_zero(root, "info/MB/min_bandwidth");
	stats->mb_num_closids = read_or_zero(root, "info/MB/num_closids");
}

static int is_domain(const struct dirent *entry)
{
	return str_after(entry->d_name, "mon_L3_") != NULL;
}

static int read_domains(int root, const char *path, struct arena *arena, struct resctrl_stats *stats, struct err *err)
{
	struct dirent **entries = NULL;
	int count = scandirat(root, path, &entries, is_domain, alphasort);
	int r = 0;

	if (count < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "linux.intelRdt: read %s", path);
	stats->domains = ARENA_NEW(arena, struct resctrl_domain, (size_t)count);
	if (!stats->domains)
		r = err_memory(err);
	for (int i = 0; i < count; i++) {
		autofd dir = -1;
		char name[PATH_MAX + 300];

		(void)snprintf(name, sizeof(name), "%s/%.255s", path, entries[i]->d_name);
		free(entries[i]);
		dir = r == 0 && stats->domain_count < DOMAINS_MAX
			      ? openat(root, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)
			      : -1;
		if (dir < 0)
			continue;
		stats->domains[stats->domain_count++] = (struct resctrl_domain){
			.llc_occupancy = read_number(dir, "llc_occupancy"),
			.mbm_total_bytes = read_number(dir, "mbm_total_bytes"),
			.mbm_local_bytes = read_number(dir, "mbm_local_bytes"),
		};
	}
	free(entries);
	return r;
}

int resctrl_stats(const struct resctrl_made *made, int root, struct arena *arena, struct resctrl_stats *ret,
		  struct err *err)
{
	char path[PATH_MAX];

	*ret = (struct resctrl_stats){ 0 };
	read_info(root, arena, ret);
	read_schemata(root, ".", arena, &ret->l3_root, &ret->mb_root);
	read_schemata(root, made->group, arena, &ret->l3, &ret->mb);
	if (made->monitor)
		(void)snprintf(path, sizeof(path), "%s/mon_groups/%s/mon_data", made->group, made->monitor);
	else
		(void)snprintf(path, sizeof(path), "%s/mon_data", made->group);
	return read_domains(root, path, arena, ret, err);
}
