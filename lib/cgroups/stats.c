/* Reading statistics: the rows of stats_rows.c, each from the group that has the file. */
#include "cgroups/stats.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/str.h"
#include "cgroups/detect.h"
#include "cgroups/group.h"
#include "cgroups/stats_rows.h"

#define HUGEPAGES "/sys/kernel/mm/hugepages"

/* The container's groups. */
struct source {
	const struct cgroup_layout *layout;
	int unified; /* descriptor, or -1 */
	int v1[CGROUP_HIERARCHIES_MAX];
	struct arena *arena;
	char *text; /* STATS_TEXT_MAX bytes */
	const char *lacking; /* a controller that v2 does not have here */
};

static int open_v1(struct source *source, const struct cgroup_made *made, struct err *err)
{
	const unsigned int tracking = cgroup_tracking(source->layout);
	const char *at = made->v1;
	struct group_v1 group;

	while (group_next_v1(source->layout, &at, &group)) {
		int r;

		if (source->v1[group.hierarchy] >= 0 || (group.hierarchy == tracking && source->unified >= 0))
			continue;
		r = group_open(source->layout, group.hierarchy, made->path, group.inode, &source->v1[group.hierarchy],
			       err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int open_source(struct source *source, const struct cgroup_made *made, struct err *err)
{
	autofd dir = -1;
	bool unified;
	int r = group_open_tracking(source->layout, made, &dir, &unified, err);

	if (r != 0)
		return r;
	if (unified)
		source->unified = take_fd(&dir);
	else
		source->v1[cgroup_tracking(source->layout)] = take_fd(&dir);
	return open_v1(source, made, err);
}

static void close_source(struct source *source)
{
	auto_close(&source->unified);
	for (unsigned int i = 0; i < CGROUP_HIERARCHIES_MAX; i++)
		auto_close(&source->v1[i]);
	free(source->text);
}

/* Where a controller is. */
struct where {
	bool is_v1; /* on a v1 hierarchy, and so not on v2 */
	int dir;    /* the container's group there, or -1 */
};

static struct where find_v1(const struct source *source, const char *controller)
{
	for (unsigned int i = 0; i < source->layout->count; i++)
		if (cgroup_has_word(source->layout->items[i].controllers, controller, ','))
			return (struct where){ .is_v1 = true, .dir = source->v1[i] };
	return (struct where){ .dir = -1 };
}

/* One read(2) is enough: the kernel makes such a text as a whole. */
static bool read_file(const struct source *source, int dir, const char *file)
{
	autofd fd = dir >= 0 && file ? openat(dir, file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK) : -1;
	ssize_t n = fd >= 0 ? read(fd, source->text, STATS_TEXT_MAX - 1) : -1;

	if (n < 0)
		return false;
	n -= n > 0 && source->text[n - 1] == '\n';
	source->text[n] = '\0';
	return true;
}

/* A controller is on v1 or on v2, but for what v2 tells without one: the time of the CPU, and pressure. */
static bool is_on_v2(const struct source *source, const struct stats_row *row, const struct where *v1)
{
	if (!row->unified || source->unified < 0)
		return false;
	return row->flags & STATS_ALWAYS || (!v1->is_v1 && !str_eq(source->lacking, row->controller));
}

static int read_row(struct source *source, const struct stats_row *row, const struct where *v1,
		    struct cgroup_stats *stats)
{
	int r = 0;

	if (is_on_v2(source, row, v1)) {
		if (read_file(source, source->unified, row->unified))
			r = row->read(row, source->text, source->arena, stats);
		else if (row->flags & STATS_FIRST) /* so the others need not be looked for */
			source->lacking = row->controller;
	}
	if (r == 0 && read_file(source, v1->dir, row->legacy))
		r = row->read(row, source->text, source->arena, stats);
	return r;
}

/* ---------------------------------------------------------------- huge pages */

/* "hugepages-2048kB" as "2MB"; NULL: it is something else, or memory ran out. */
static const char *page_size(struct arena *arena, const char *name)
{
	static const char units[] = "KMG";
	const char *number = str_after(name, "hugepages-");
	char digits[24];
	uint64_t size;
	size_t n = number ? strspn(number, "0123456789") : 0, unit = 0;

	if (!n || n >= sizeof(digits) || !str_eq(number + n, "kB"))
		return NULL;
	memcpy(digits, number, n);
	digits[n] = '\0';
	if (!str_u64(digits, UINT64_MAX >> 10, &size))
		return NULL;
	for (; size >= 1024 && size % 1024 == 0 && units[unit + 1]; unit++)
		size /= 1024;
	return arena_printf(arena, "%llu%cB", (unsigned long long)size, units[unit]);
}

static void read_pages(const struct source *source, int dir, const char *size, const char *suffix, struct opt_u64 *ret)
{
	char file[64];

	(void)snprintf(file, sizeof(file), "hugetlb.%s.%s", size, suffix);
	if (read_file(source, dir, file))
		(void)stats_parse_number(source->text, ret);
}

static void read_size(const struct source *source, const char *size, struct cgroup_hugetlb_entry *ret)
{
	const int v1 = find_v1(source, "hugetlb").dir;
	char file[64];

	ret->size = size;
	if (v1 >= 0) {
		read_pages(source, v1, size, "usage_in_bytes", &ret->pages.usage);
		read_pages(source, v1, size, "max_usage_in_bytes", &ret->pages.peak);
		read_pages(source, v1, size, "failcnt", &ret->pages.failures);
		return;
	}
	read_pages(source, source->unified, size, "current", &ret->pages.usage);
	(void)snprintf(file, sizeof(file), "hugetlb.%s.events", size);
	if (ret->pages.usage.is_set && read_file(source, source->unified, file) && str_after(source->text, "max "))
		(void)stats_parse_number(source->text + 4, &ret->pages.failures);
}

static int read_hugetlb(const struct source *source, struct cgroup_stats *stats)
{
	const size_t room = 16; /* sizes of an architecture: four at most */
	autodir list = opendir(HUGEPAGES);
	const struct dirent *entry;

	if (!list)
		return 0;
	stats->hugetlb.items = ARENA_NEW(source->arena, struct cgroup_hugetlb_entry, room);
	if (!stats->hugetlb.items)
		return -ENOMEM;
	while (stats->hugetlb.count < room && (entry = readdir(list))) {
		struct cgroup_hugetlb_entry *item = &stats->hugetlb.items[stats->hugetlb.count];
		const char *size = page_size(source->arena, entry->d_name);

		if (size)
			read_size(source, size, item);
		stats->hugetlb.count += size && item->pages.usage.is_set;
	}
	return 0;
}

/* ---------------------------------------------------------------- the whole */

/* Page cache: v1 and v2 call it differently. */
static void find_cache(struct cgroup_stats *stats)
{
	for (size_t i = 0; i < stats->memory.raw.count; i++) {
		const char *name = stats->memory.raw.items[i].name;

		if (str_eq(name, "file") || str_eq(name, "cache"))
			stats->memory.cache = (struct opt_u64){ true, stats->memory.raw.items[i].value };
	}
}

static int read_all(struct source *source, enum cgroup_stats_detail detail, struct cgroup_stats *stats)
{
	struct where v1 = { .dir = -1 };
	const char *controller = "";
	int r = 0;

	for (const struct stats_row *row = stats_rows; r == 0 && row->controller; row++) {
		if (row->flags & STATS_DETAIL && detail != CGROUP_STATS_FULL)
			continue;
		if (!str_eq(row->controller, controller)) /* the rows of one stand together */
			v1 = find_v1(source, row->controller);
		controller = row->controller;
		r = read_row(source, row, &v1, stats);
	}
	if (r == 0 && detail == CGROUP_STATS_FULL)
		r = read_hugetlb(source, stats);
	find_cache(stats);
	return r;
}

int cgroup_stats_read(const struct cgroup_layout *layout, const struct cgroup_made *made,
		      enum cgroup_stats_detail detail, struct arena *arena, struct cgroup_stats *ret, struct err *err)
{
	struct source source = { .layout = layout, .unified = -1, .arena = arena, .lacking = "" };
	int r;

	*ret = (struct cgroup_stats){ 0 };
	for (unsigned int i = 0; i < CGROUP_HIERARCHIES_MAX; i++)
		source.v1[i] = -1;
	r = open_source(&source, made, err);
	if (r == 0) {
		source.text = malloc(STATS_TEXT_MAX);
		if (!source.text || read_all(&source, detail, ret) < 0)
			r = err_memory(err);
	}
	close_source(&source);
	return r;
}

bool cgroup_stats_io_sum(const struct cgroup_stats *stats, const struct cgroup_io_items *items, const char *op,
			 uint64_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < items->count; i++)
		if (str_eq(items->items[i].op, op))
			*ret += items->items[i].value;
	return stats->io.is_set;
}
