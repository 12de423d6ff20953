/* An overlay as the rootfs, declared by annotations.
 *
 * It is mounted on root.path by mount(2), whose one page holds all layers: fsconfig(2) would take each layer apart from
 * the others, but only 255 bytes of its path.  Upper and work in a tmpfs: the tmpfs is mounted on root.path first, and
 * the overlay on top of it; the layers stay reachable for the overlay alone. */
#include "rootfs/setup.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/sys.h"
#include "base/user.h"

#define KEY_LOWERDIRS "org.kavel.overlay.lowerdirs"
#define KEY_UPPERDIR  "org.kavel.overlay.upperdir"
#define KEY_WORKDIR   "org.kavel.overlay.workdir"

#define DATA_ROOM 4096 /* mount(2) takes one page, with its NUL */

/* Split at ':' where no backslash stands before it; a backslash keeps the next character as it is. */
static int plan_lowers(const char *text, struct arena *arena, struct rootfs_plan *plan, struct err *err)
{
	struct overlay_item *overlay = &plan->overlay;

	overlay->lowers = ARENA_NEW(arena, const char *, strlen(text) + 1);
	if (!overlay->lowers)
		return err_memory(err);
	while (true) {
		char *part = arena_alloc(arena, strlen(text) + 1, 1);
		size_t size = 0;

		if (!part)
			return err_memory(err);
		for (; *text && *text != ':'; text++) {
			if (*text == '\\' && text[1])
				text++;
			part[size++] = *text;
		}
		if (!size)
			return err_user(err, "annotations[\"" KEY_LOWERDIRS "\"]: directory %zu is empty",
					overlay->lower_count);
		overlay->lowers[overlay->lower_count] = plan_host_path(&plan->context, part, arena);
		if (!overlay->lowers[overlay->lower_count++])
			return err_memory(err);
		if (!*text++)
			return 0;
	}
}

static int plan_upper(const char *upper, const char *work, struct arena *arena, struct rootfs_plan *plan,
		      struct err *err)
{
	struct overlay_item *overlay = &plan->overlay;

	overlay->tmpfs = upper && str_eq(upper, "tmpfs");
	if (work && (!upper || overlay->tmpfs))
		return err_user(err, "annotations[\"" KEY_WORKDIR "\"]: is for an upper directory on disk");
	if (!upper || overlay->tmpfs)
		return 0;
	if (!work)
		return err_user(err, "annotations[\"" KEY_WORKDIR
				     "\"]: is missing: an upper directory needs an empty one on "
				     "the same file system");
	overlay->upper = plan_host_path(&plan->context, upper, arena);
	overlay->work = plan_host_path(&plan->context, work, arena);
	return overlay->upper && overlay->work ? 0 : err_memory(err);
}

int rootfs_plan_overlay(const struct spec *spec, struct arena *arena, struct rootfs_plan *plan, struct err *err)
{
	const char *lowers = spec_annotation(spec, KEY_LOWERDIRS);
	const char *upper = spec_annotation(spec, KEY_UPPERDIR);
	const char *work = spec_annotation(spec, KEY_WORKDIR);
	int r;

	if (!lowers && (upper || work))
		return err_user(err, "annotations[\"" KEY_LOWERDIRS "\"]: is missing beside the upper directory");
	if (!lowers)
		return 0;
	plan->overlay.is_set = true;
	r = plan_lowers(lowers, arena, plan, err);
	return r < 0 ? r : plan_upper(upper, work, arena, plan, err);
}

/* Append a directory as the overlay file system reads it: with a backslash before its own special characters. */
void rootfs_append_overlay_dir(struct str_buf *data, const char *path)
{
	for (; *path; path++) {
		if (strchr("\\:,", *path))
			str_append(data, "\\");
		str_append_n(data, path, 1);
	}
}

/* In a user namespace only attributes of the class "user" can be written: what marks a directory as replaced would be lost
 * otherwise. */
static bool wants_user_attributes(const struct rootfs_plan *plan)
{
	return plan->context.has_user_ns || !user_ns_is_initial();
}

static void append_layers(const struct overlay_item *overlay, const char *upper, const char *work, struct str_buf *data)
{
	for (size_t i = 0; i < overlay->lower_count; i++) {
		str_append(data, i ? ":" : "lowerdir=");
		rootfs_append_overlay_dir(data, overlay->lowers[i]);
	}
	if (upper) {
		str_append(data, ",upperdir=");
		rootfs_append_overlay_dir(data, upper);
		str_append(data, ",workdir=");
		rootfs_append_overlay_dir(data, work);
	}
}

static int check_dir(const char *path, const char *key, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(err, errno, "annotations[\"%s\"]: %s", key, path);
	return S_ISDIR(st.st_mode) ? 0 : err_sys(err, ENOTDIR, "annotations[\"%s\"]: %s", key, path);
}

/* Why the kernel refused: it does not say which directory it means. */
int rootfs_explain_overlay(const struct rootfs_plan *plan, int number, struct err *err)
{
	const struct overlay_item *overlay = &plan->overlay;
	int r = 0;

	for (size_t i = 0; r == 0 && i < overlay->lower_count; i++)
		r = check_dir(overlay->lowers[i], KEY_LOWERDIRS, err);
	if (r == 0 && overlay->upper)
		r = check_dir(overlay->upper, KEY_UPPERDIR, err);
	if (r == 0 && overlay->work)
		r = check_dir(overlay->work, KEY_WORKDIR, err);
	if (r == 0)
		r = check_dir(plan->path, "root.path", err);
	if (r < 0)
		return r;
	(void)err_sys(err, number, "root.path: mount overlay of %zu lower directories to %s", overlay->lower_count,
		      plan->path);
	if (number == EPERM && wants_user_attributes(plan))
		return err_hint(err, "Linux 5.11 is the first that lets a user namespace mount one");
	if (number == EACCES)
		return err_hint(err, "the caller must be able to write to the upper and the work directory");
	if (number == ELOOP)
		return err_hint(err, "one layer lies inside another");
	if (number == EINVAL)
		return err_hint(err,
				"upper and work directory must be on one file system, which can be written and is not "
				"an overlay itself; layers can be nested twice");
	return -number;
}

/* A private place for what is written, gone with the guest. */
static int make_tmpfs(const char *path, struct arena *paths, const char **ret_upper, const char **ret_work,
		      struct err *err)
{
	const char *upper = arena_printf(paths, "%s/upper", path);
	const char *work = arena_printf(paths, "%s/work", path);

	if (!upper || !work)
		return err_memory(err);
	if (mount("tmpfs", path, "tmpfs", 0, "mode=0700") < 0)
		return err_sys(err, errno, "root.path: mount tmpfs to %s", path);
	if (mkdir(upper, 0755) < 0 || mkdir(work, 0700) < 0)
		return err_sys(err, errno, "make the overlay's upper directory in %s", path);
	*ret_upper = upper;
	*ret_work = work;
	return 0;
}

/* One layer that is not written to needs no overlay, which would want two. */
static int mount_single(const struct rootfs_plan *plan, struct err *err)
{
	const char *lower = plan->overlay.lowers[0];
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };

	if (mount(lower, plan->path, NULL, MS_BIND, NULL) < 0)
		return rootfs_explain_overlay(plan, errno, err);
	if (sys_mount_setattr(AT_FDCWD, plan->path, 0, &attr) < 0)
		return err_sys(err, errno, "root.path: make %s read-only", plan->path);
	return 0;
}

static int mount_layers(const struct rootfs_plan *plan, struct arena *paths, struct err *err)
{
	const struct overlay_item *overlay = &plan->overlay;
	const char *upper = overlay->upper, *work = overlay->work;
	autobuf data = { 0 };
	int r = 0;

	if (overlay->tmpfs)
		r = make_tmpfs(plan->path, paths, &upper, &work, err);
	if (r < 0)
		return r;
	append_layers(overlay, upper, work, &data);
	if (wants_user_attributes(plan))
		str_append(&data, ",userxattr");
	if (plan->label_option)
		str_append_f(&data, ",%s", plan->label_option);
	if (data.failed)
		return err_memory(err);
	if (data.size >= DATA_ROOM)
		return err_user(err,
				"annotations[\"" KEY_LOWERDIRS "\"]: the layers' paths are longer than the %d bytes "
				"that the kernel takes",
				DATA_ROOM - 1);
	if (mount("overlay", plan->path, "overlay", upper ? 0 : MS_RDONLY, data.data) < 0)
		return rootfs_explain_overlay(plan, errno, err);
	return 0;
}

int rootfs_mount_overlay(const struct rootfs_plan *plan, struct err *err)
{
	struct arena paths = { 0 };
	int r;

	if (plan->overlay.lower_count == 1 && !plan->overlay.upper && !plan->overlay.tmpfs)
		return mount_single(plan, err);
	r = mount_layers(plan, &paths, err);
	arena_free(&paths);
	return r;
}
