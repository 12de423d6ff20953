/* Groups: directories that the kernel fills.  Names of groups have no slash, and the file system no symlinks. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "resctrl/resctrl.h"
#include "resctrl/schema.h"

#define STATUS_MAX 256

/* What the kernel says of the last command, as a hint. */
static int explain(int root, struct err *err)
{
	char status[STATUS_MAX];
	ssize_t n = file_read_short(root, "info/last_cmd_status", status, sizeof(status));

	if (n <= 0 || str_eq(status, "ok"))
		return -err->number;
	status[strcspn(status, "\n")] = '\0';
	return err_hint(err, "%s", status);
}

/* "GROUP/FILE", or "GROUP/mon_groups/MONITOR/FILE". */
static const char *path_in(char text[PATH_MAX], const char *group, const char *monitor, const char *file)
{
	int n = monitor ? snprintf(text, PATH_MAX, "%s/mon_groups/%s/%s", group, monitor, file)
			: snprintf(text, PATH_MAX, "%s/%s", group, file);

	return n < PATH_MAX ? text : "";
}

/* Returns 1 if there is no such directory. */
static int is_missing(int root, const char *path, struct err *err)
{
	struct stat st;

	if (fstatat(root, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 1 : err_sys(err, errno, "linux.intelRdt: look at group %s", path);
	return S_ISDIR(st.st_mode) ? 0 : err_set(err, ENOTDIR, "linux.intelRdt: %s is not a group", path);
}

static int read_schemata(int root, const char *group, char **ret, struct err *err)
{
	int r = resctrl_schemata_read(root, group, ret);

	return r < 0 ? err_sys(err, -r, "linux.intelRdt.closID: read %s/schemata", group) : 0;
}

/* ---------------------------------------------------------------- looking */

static unsigned int granularity(int root)
{
	char text[32];
	uint64_t number;

	if (file_read_short(root, "info/MB/bandwidth_gran", text, sizeof(text)) <= 0 || !str_u64(text, 100, &number))
		return 0;
	return (unsigned int)number;
}

static int compare(const struct resctrl_plan *plan, int root, const char *schemata, struct err *err)
{
	for (size_t i = 0; i < plan->write_count; i++) {
		const struct resctrl_write *write = &plan->writes[i];

		if (write->is_compared && !resctrl_schema_matches(write->text, schemata, granularity(root)))
			return err_set(err, EEXIST,
				       "linux.intelRdt.%s: the group \"%s\" of closID exists with another schema",
				       write->property, plan->group);
	}
	return 0;
}

/* A group that exists: its schemata must be those asked for, and are kept for a create that fails. */
static int look_at_existing(const struct resctrl_plan *plan, int root, struct arena *arena, struct resctrl_made *made,
			    struct err *err)
{
	autofree char *schemata = NULL;
	int r;

	if (!plan->is_named)
		return err_set(err, EEXIST, "linux.intelRdt: a group \"%s\" exists already", plan->group);
	if (!plan->write_count)
		return 0;
	r = read_schemata(root, plan->group, &schemata, err);
	if (r == 0)
		r = compare(plan, root, schemata, err);
	if (r < 0)
		return r;
	made->before = arena_strdup(arena, schemata);
	return made->before ? 0 : err_memory(err);
}

static int look_at_monitor(const struct resctrl_made *made, int root, struct err *err)
{
	char path[PATH_MAX];
	int r;

	(void)snprintf(path, sizeof(path), "%s/mon_groups", made->group);
	r = is_missing(root, path, err);
	if (r > 0)
		return err_set(err, ENOTSUP, "linux.intelRdt.enableMonitoring: this processor cannot monitor groups");
	if (r < 0)
		return r;
	(void)snprintf(path, sizeof(path), "%s/mon_groups/%s", made->group, made->monitor);
	r = is_missing(root, path, err);
	if (r == 0)
		return err_set(err, EEXIST, "linux.intelRdt.enableMonitoring: a group %s exists already", path);
	return r < 0 ? r : 0;
}

int resctrl_look(const struct resctrl_plan *plan, int root, struct arena *arena, struct resctrl_made *ret,
		 struct err *err)
{
	struct resctrl_made made = {
		.root = ret->root, .group = plan->group, .monitor = plan->monitor, .is_named = plan->is_named
	};
	int r = is_missing(root, plan->group, err);

	made.made_group = r > 0;
	if (r > 0 && plan->is_named && !plan->write_count)
		return err_set(err, ENOENT,
			       "linux.intelRdt.closID: there is no group \"%s\", and no schema to make it with",
			       plan->group);
	if (r == 0)
		r = look_at_existing(plan, root, arena, &made, err);
	if (r == 0 && made.monitor)
		r = look_at_monitor(&made, root, err);
	if (r < 0)
		return r;
	*ret = made;
	return 0;
}

/* ---------------------------------------------------------------- making */

static int make_directory(int root, const char *path, const char *property, struct err *err)
{
	if (mkdirat(root, path, 0755) == 0)
		return 0;
	(void)err_sys(err, errno, "linux.intelRdt%s: make group %s", property, path);
	if (err->number == ENOSPC)
		return err_hint(err, "the processor has no more of them");
	return explain(root, err);
}

int resctrl_make(int root, struct resctrl_made *made, struct err *err)
{
	const char *monitor = made->monitor;
	char path[PATH_MAX];
	int r = 0;

	made->monitor = NULL;
	if (made->made_group)
		r = make_directory(root, made->group, made->is_named ? ".closID" : "", err);
	if (r < 0) {
		made->made_group = false;
		return r;
	}
	if (!monitor)
		return 0;
	(void)snprintf(path, sizeof(path), "%s/mon_groups/%s", made->group, monitor);
	r = make_directory(root, path, ".enableMonitoring", err);
	if (r == 0)
		made->monitor = monitor;
	return r;
}

static int write_schemata(int root, const char *group, const char *property, const char *text, struct err *err)
{
	char path[PATH_MAX];
	int r = file_write_knob(root, path_in(path, group, NULL, "schemata"), text);

	if (r == 0)
		return 0;
	(void)err_sys(err, -r, "linux.intelRdt.%s: write \"%.*s\" to %s", property, (int)strcspn(text, "\n"), text,
		      path);
	return explain(root, err);
}

int resctrl_configure(const struct resctrl_plan *plan, int root, struct err *err)
{
	for (size_t i = 0; i < plan->write_count; i++) {
		int r = write_schemata(root, plan->group, plan->writes[i].property, plan->writes[i].text, err);

		if (r < 0)
			return r;
	}
	return 0;
}

static int write_tasks(int root, const char *group, const char *monitor, pid_t pid, struct err *err)
{
	char path[PATH_MAX], text[16];
	int r;

	(void)snprintf(text, sizeof(text), "%d\n", pid);
	r = file_write_knob(root, path_in(path, group, monitor, "tasks"), text);
	if (r == 0)
		return 0;
	(void)err_sys(err, -r, "linux.intelRdt: write process %d to %s", pid, path);
	return explain(root, err);
}

int resctrl_join(const struct resctrl_made *made, int root, pid_t pid, struct err *err)
{
	int r = write_tasks(root, made->group, NULL, pid, err);

	/* a monitoring group takes only tasks of the group that it is in */
	return r < 0 || !made->monitor ? r : write_tasks(root, made->group, made->monitor, pid, err);
}

/* ---------------------------------------------------------------- removing */

static int remove_directory(int root, const char *path, struct err *err)
{
	if (unlinkat(root, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	return err_sys(err, errno, "linux.intelRdt: remove group %s", path);
}

/* True if a group has tasks: somebody else's, as the container's have ended. */
static bool is_used(int root, const char *group)
{
	char path[PATH_MAX], text[16];

	return file_read_short(root, path_in(path, group, NULL, "tasks"), text, sizeof(text)) != 0;
}

/* Each line by itself: what was not changed is written as it is. */
int resctrl_restore(const struct resctrl_made *made, int root, const char *before, struct err *err)
{
	int r = 0;

	for (const char *line = before; *line && r == 0;) {
		char text[1024];
		size_t size = strcspn(line, "\n");

		if (size + 2 > sizeof(text))
			return err_set(err, E2BIG, "linux.intelRdt: a line of schemata is too long");
		(void)snprintf(text, sizeof(text), "%.*s\n", (int)size, line);
		if (size)
			r = write_schemata(root, made->group, "schemata", text, err);
		line += size + (line[size] == '\n');
	}
	return r;
}

int resctrl_remove(const struct resctrl_made *made, int root, bool has_failed, struct err *err)
{
	char path[PATH_MAX];
	int r = 0;

	if (made->monitor) {
		(void)snprintf(path, sizeof(path), "%s/mon_groups/%s", made->group, made->monitor);
		r = remove_directory(root, path, err);
	}
	if (r < 0)
		return r;
	if (made->made_group) {
		if (made->is_named && (!has_failed || is_used(root, made->group)))
			return 0;
		return remove_directory(root, made->group, err);
	}
	return has_failed && made->before ? resctrl_restore(made, root, made->before, err) : 0;
}

/* ---------------------------------------------------------------- update */

int resctrl_update(const struct resctrl_made *made, int root, const char *l3_cache_schema, const char *mem_bw_schema,
		   char **ret_before, struct err *err)
{
	const struct spec spec = { .linux_.intel_rdt = { .is_set = true,
							 .l3_cache_schema = l3_cache_schema,
							 .mem_bw_schema = mem_bw_schema } };
	autofree char *before = NULL;
	struct arena arena = { NULL };
	struct resctrl_plan plan;
	struct err other;
	int r = resctrl_plan(&spec, made->group, &arena, &plan, err);

	if (r == 0)
		r = read_schemata(root, made->group, &before, err);
	if (r == 0) {
		r = resctrl_configure(&plan, root, err);
		if (r < 0)
			(void)resctrl_restore(made, root, before, &other); /* the first failure is the one to tell */
		else
			*ret_before = take_ptr(before);
	}
	arena_free(&arena);
	return r;
}
