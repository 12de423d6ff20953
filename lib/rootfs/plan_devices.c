#include "rootfs/plan.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/auto.h"

/* config-linux.md, Default Devices; the console and the pts entries come with the terminal. */
static const struct {
	const char *name;
	unsigned int major, minor;
} defaults[] = {
	{ "null", 1, 3 }, { "zero", 1, 5 }, { "full", 1, 7 }, { "random", 1, 8 }, { "urandom", 1, 9 }, { "tty", 5, 0 },
};

static const struct str_name types[] = { { "c", S_IFCHR }, { "u", S_IFCHR }, { "b", S_IFBLK }, { "p", S_IFIFO }, { NULL, 0 } };

/* The name in /dev itself, or NULL. */
static const char *name_in_dev(const char *path)
{
	const char *name = str_after(path, "/dev/");

	return name && !strchr(name, '/') ? name : NULL;
}

/* lib/spec has checked type, numbers, mode (without the type of the file) and path: absolute, without "..". */
static int plan_device(const struct spec_device *device, struct arena *arena, struct device_item *item, struct err *err)
{
	const struct str_name *type = str_lookup(types, device->type);
	mode_t mode = device->file_mode.is_set ? (mode_t)device->file_mode.value : 0666;

	item->path = plan_clean_path(device->path, arena);
	if (!item->path)
		return err_memory(err);
	if (str_eq(item->path, "/dev"))
		return err_user(err, "%s.path: /dev is a directory", item->where);
	item->name = name_in_dev(item->path);
	item->mode = (mode_t)type->value | mode;
	item->uid = device->uid.is_set ? (uid_t)device->uid.value : 0;
	item->gid = device->gid.is_set ? (gid_t)device->gid.value : 0;
	item->is_listed = true;
	item->has_mode = device->file_mode.is_set;
	item->has_uid = device->uid.is_set;
	item->has_gid = device->gid.is_set;
	if (!S_ISFIFO(item->mode))
		item->number = makedev((unsigned int)device->major, (unsigned int)device->minor);
	return 0;
}

static bool is_listed(const struct rootfs_plan *plan, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (plan->devices[i].name && str_eq(plan->devices[i].name, name))
			return true;
	return false;
}

/* A listed device takes the place of a default one, with the mode and owner that it is listed with. */
static int plan_defaults(struct arena *arena, struct rootfs_plan *plan, struct err *err)
{
	size_t listed = plan->device_count;

	for (size_t i = 0; i < ARRAY_SIZE(defaults); i++) {
		const char *path = arena_printf(arena, "/dev/%s", defaults[i].name);

		if (!path)
			return err_memory(err);
		if (!is_listed(plan, listed, defaults[i].name))
			plan->devices[plan->device_count++] = (struct device_item){
				.where = "default device",
				.path = path,
				.name = path + strlen("/dev/"),
				.mode = S_IFCHR | 0666,
				.number = makedev(defaults[i].major, defaults[i].minor),
			};
	}
	return 0;
}

int rootfs_plan_devices(const struct spec *spec, struct arena *arena, struct rootfs_plan *plan, struct err *err)
{
	const struct spec_devices *list = &spec->linux_.devices;

	plan->devices = ARENA_NEW(arena, struct device_item, list->count + ARRAY_SIZE(defaults));
	if (!plan->devices)
		return err_memory(err);
	for (size_t i = 0; i < list->count; i++) {
		struct device_item *item = &plan->devices[plan->device_count++];
		int r;

		item->where = arena_printf(arena, "linux.devices[%zu]", i);
		if (!item->where)
			return err_memory(err);
		r = plan_device(&list->items[i], arena, item, err);
		if (r < 0)
			return r;
	}
	return plan->dev_is_bind ? 0 : plan_defaults(arena, plan, err);
}
