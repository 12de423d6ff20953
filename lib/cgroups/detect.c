/* Where cgroups are mounted, and which group the caller is in.
 *
 * Pure v2 is recognised by the file system type of /sys/fs/cgroup alone.  Everything else is read from
 * /proc/self/mountinfo (where) and /proc/self/cgroup (which hierarchy carries which controllers, and the own group). */
#include "cgroups/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "base/sys.h"
#include "base/user.h"
#include "cgroups/detect.h"

#define PROC_CGROUP_MAX	  16384
#define MOUNTINFO_ROOM	  32768

static const struct str_name modes[] = {
	{ "none", CGROUP_NONE }, { "v1", CGROUP_V1 }, { "hybrid", CGROUP_HYBRID }, { "v2", CGROUP_V2 }, { NULL, 0 },
};

const char *cgroup_mode_name(enum cgroup_mode mode)
{
	return str_name_of(modes, mode);
}

bool cgroup_has_word(const char *list, const char *word, char separator)
{
	size_t size = strlen(word);

	while (*list) {
		size_t n = (size_t)(strchrnul(list, separator) - list);

		if (n == size && memcmp(list, word, n) == 0)
			return true;
		list += n + (list[n] != '\0');
	}
	return false;
}

/* Cut the next field that ends with `separator` off *at; NULL: there is none. */
static char *next_field(char **at, char separator)
{
	char *field = *at, *end;

	if (!field || !*field)
		return NULL;
	end = strchr(field, separator);
	if (end)
		*end = '\0';
	*at = end ? end + 1 : NULL;
	return field;
}

/* True if `path` is `base` or lies below it. */
static bool is_below(const char *path, const char *base)
{
	const char *rest = str_after(path, str_eq(base, "/") ? "" : base);

	return rest && (*rest == '\0' || *rest == '/');
}

/* What one cgroup mount looks like in mountinfo: beside the layout's item while it is filled. */
struct mount_facts {
	int64_t id, parent;
	char root[1024];    /* of the hierarchy, as mounted */
	char options[256];  /* of the superblock: the controllers are among them */
};

static bool read_mount_line(char *line, struct mount_facts *facts, struct cgroup_hierarchy *item, bool *ret_v2)
{
	char *id = next_field(&line, ' '), *parent = next_field(&line, ' ');
	char *device = next_field(&line, ' '), *root = next_field(&line, ' '), *point = next_field(&line, ' ');
	char *rest, *type, *source, *options;

	if (!device || !root || !point || !line)
		return false;
	rest = strstr(line, "- ");
	if (!rest)
		return false;
	rest += 2;
	type = next_field(&rest, ' ');
	source = next_field(&rest, ' ');
	options = next_field(&rest, ' ');
	if (!type || !source || !str_i64(id, 0, INT64_MAX, &facts->id) ||
	    !str_i64(parent, 0, INT64_MAX, &facts->parent))
		return false;
	str_unescape_octal(root);
	str_unescape_octal(point);
	if (strlen(point) >= sizeof(item->mount_point) || strlen(root) >= sizeof(facts->root))
		return false;
	(void)snprintf(item->mount_point, sizeof(item->mount_point), "%s", point);
	(void)snprintf(facts->root, sizeof(facts->root), "%s", root);
	(void)snprintf(facts->options, sizeof(facts->options), "%s", options ? options : "");
	*ret_v2 = str_eq(type, "cgroup2");
	return str_eq(type, "cgroup2") || str_eq(type, "cgroup");
}

struct scan {
	struct cgroup_layout *layout;
	struct mount_facts facts[CGROUP_HIERARCHIES_MAX];
	bool v2[CGROUP_HIERARCHIES_MAX];
};

static void drop_item(struct scan *scan, unsigned int index)
{
	struct cgroup_layout *layout = scan->layout;
	unsigned int last = --layout->count;

	layout->items[index] = layout->items[last];
	scan->facts[index] = scan->facts[last];
	scan->v2[index] = scan->v2[last];
}

/* A mount on top of an earlier one, or on a directory above it, hides it. */
static void drop_hidden(struct scan *scan, const struct mount_facts *facts, const char *mount_point)
{
	for (unsigned int i = 0; i < scan->layout->count;) {
		const char *point = scan->layout->items[i].mount_point;
		bool on_top = facts->parent == scan->facts[i].id && str_eq(point, mount_point);
		bool above = facts->parent == scan->facts[i].parent && facts->id != scan->facts[i].parent &&
			     is_below(point, mount_point);

		if (on_top || above)
			drop_item(scan, i);
		else
			i++;
	}
}

/* The same hierarchy may be mounted several times: the one with the whole tree is kept. */
static bool replaces_known(struct scan *scan, const struct mount_facts *facts, bool v2, unsigned int *ret_index)
{
	for (unsigned int i = 0; i < scan->layout->count; i++) {
		if (scan->v2[i] != v2 || (!v2 && !str_eq(scan->facts[i].options, facts->options)))
			continue;
		*ret_index = str_eq(facts->root, "/") && !str_eq(scan->facts[i].root, "/") ? i : CGROUP_HIERARCHIES_MAX;
		return true;
	}
	*ret_index = scan->layout->count;
	return false;
}

static void take_mount(struct scan *scan, char *line)
{
	struct cgroup_hierarchy item = { 0 };
	struct mount_facts facts;
	unsigned int index;
	bool v2, is_cgroup;

	facts.id = facts.parent = -1;
	item.mount_point[0] = '\0';
	is_cgroup = read_mount_line(line, &facts, &item, &v2);
	if (item.mount_point[0])
		drop_hidden(scan, &facts, item.mount_point);
	if (!is_cgroup)
		return;
	if (!replaces_known(scan, &facts, v2, &index) && index < CGROUP_HIERARCHIES_MAX)
		scan->layout->count++;
	if (index == CGROUP_HIERARCHIES_MAX)
		return;
	scan->layout->items[index] = item;
	scan->facts[index] = facts;
	scan->v2[index] = v2;
}

static int read_mountinfo(struct scan *scan, const char *path, struct err *err)
{
	autofd fd = open(path, O_RDONLY | O_CLOEXEC);
	autofree char *buffer = NULL;
	size_t used = 0;

	if (fd < 0)
		return err_sys(err, errno, "open %s", path);
	buffer = malloc(MOUNTINFO_ROOM);
	if (!buffer)
		return err_memory(err);
	for (;;) {
		ssize_t n = read(fd, buffer + used, MOUNTINFO_ROOM - used);
		char *line = buffer, *end;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys(err, errno, "read %s", path);
		if (n == 0)
			return 0;
		used += (size_t)n;
		while ((end = memchr(line, '\n', used - (size_t)(line - buffer)))) {
			*end = '\0';
			take_mount(scan, line);
			line = end + 1;
		}
		used -= (size_t)(line - buffer);
		memmove(buffer, line, used);
		if (used == MOUNTINFO_ROOM) /* no cgroup mount has a line as long as this one: leave it out */
			used = 0;
	}
}

/* The group as seen through a mount whose root is `root`; "" when that cannot be told. */
static void set_own(struct cgroup_hierarchy *item, const char *root, const char *path)
{
	item->own[0] = '\0';
	/* "/.." begins what lies outside the cgroup namespace */
	if (str_after(path, "/..") || str_after(root, "/..") || !is_below(path, root))
		return;
	if (!str_eq(root, "/"))
		path += strlen(root);
	if (strlen(path) < sizeof(item->own))
		(void)snprintf(item->own, sizeof(item->own), "%s", *path ? path : "/");
}

static void take_own(struct scan *scan, char *line)
{
	char *id = next_field(&line, ':'), *controllers = next_field(&line, ':');
	char first[sizeof(scan->layout->items[0].controllers)];
	const char *path = line;
	bool v2;

	if (!controllers || !path || *path != '/' || strlen(controllers) >= sizeof(first))
		return;
	v2 = str_eq(id, "0"); /* "0::/path": no controllers are named */
	(void)snprintf(first, sizeof(first), "%s", controllers);
	first[strcspn(first, ",")] = '\0';
	for (unsigned int i = 0; i < scan->layout->count; i++) {
		struct cgroup_hierarchy *item = &scan->layout->items[i];

		if (scan->v2[i] != v2 || (!v2 && !cgroup_has_word(scan->facts[i].options, first, ',')))
			continue;
		(void)snprintf(item->controllers, sizeof(item->controllers), "%s", controllers);
		set_own(item, scan->facts[i].root, path);
		return;
	}
}

/* Returns 0 or -errno (no text). */
static int read_own_groups(struct scan *scan, const char *path)
{
	char text[PROC_CGROUP_MAX], *at = text, *line;
	ssize_t n = file_read_short(AT_FDCWD, path, text, sizeof(text));

	if (n < 0)
		return (int)n;
	while ((line = next_field(&at, '\n')))
		take_own(scan, line);
	/* a v1 hierarchy whose controllers are not known is of no use, and would look like v2 */
	for (unsigned int i = 0; i < scan->layout->count;) {
		if (scan->v2[i] || scan->layout->items[i].controllers[0])
			i++;
		else
			drop_item(scan, i);
	}
	return 0;
}

static enum cgroup_mode mode_of(const struct scan *scan)
{
	bool has_v1 = false, has_v2 = false;

	for (unsigned int i = 0; i < scan->layout->count; i++) {
		has_v1 |= !scan->v2[i];
		has_v2 |= scan->v2[i];
	}
	if (has_v1)
		return has_v2 ? CGROUP_HYBRID : CGROUP_V1;
	return has_v2 ? CGROUP_V2 : CGROUP_NONE;
}

static void take_pure_v2(struct scan *scan, const char *mount_point)
{
	struct cgroup_hierarchy *item = &scan->layout->items[0];

	*item = (struct cgroup_hierarchy){ 0 };
	(void)snprintf(item->mount_point, sizeof(item->mount_point), "%s", mount_point);
	(void)snprintf(scan->facts[0].root, sizeof(scan->facts[0].root), "/");
	scan->v2[0] = true;
	scan->layout->count = 1;
}

int cgroup_detect_in(const struct cgroup_sources *sources, struct cgroup_layout *ret, struct err *err)
{
	struct scan scan = { .layout = ret };
	struct statfs fs;
	int r;

	ret->count = 0;
	ret->is_root = user_is_host_root();
	if (statfs(sources->usual, &fs) == 0 && (uint64_t)fs.f_type == SYS_CGROUP2_MAGIC) {
		take_pure_v2(&scan, sources->usual);
		/* without procfs the own group is not known, and a path that depends on it is refused */
		if (!sources->skip_own)
			(void)read_own_groups(&scan, sources->own);
	} else {
		r = read_mountinfo(&scan, sources->mountinfo, err);
		if (r < 0)
			return r;
		r = ret->count ? read_own_groups(&scan, sources->own) : 0;
		if (r < 0)
			return err_sys(err, -r, "read %s", sources->own);
	}
	ret->mode = mode_of(&scan);
	return 0;
}

static int detect(bool skip_own, struct cgroup_layout *ret, struct err *err)
{
	const struct cgroup_sources host = {
		.usual = "/sys/fs/cgroup",
		.mountinfo = "/proc/self/mountinfo",
		.own = "/proc/self/cgroup",
		.skip_own = skip_own,
	};

	return cgroup_detect_in(&host, ret, err);
}

int cgroup_detect(struct cgroup_layout *ret, struct err *err)
{
	return detect(true, ret, err);
}

int cgroup_detect_for(const struct spec *spec, struct cgroup_layout *ret, struct err *err)
{
	const char *path = spec->linux_.cgroups_path;

	/* an absolute path is not the caller's own group, nor above it, if it can be made, or is there and empty */
	return detect(path && *path ? *path == '/' : user_is_host_root(), ret, err);
}
