#include "rootfs/plan.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/auto.h"

#define DEVICE_MAJOR_MAX 4095 /* what the kernel's dev_t holds: 12 and 20 bits */
#define DEVICE_MINOR_MAX 1048575

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

/* ".." could lead from /dev to a place where nobody expects a device. */
static bool has_dot_dot(const char *path)
{
	for (const char *at = path; (at = strstr(at, "..")); at += 2)
		if ((at == path || at[-1] == '/') && (at[2] == '\0' || at[2] == '/'))
			return true;
	return false;
}

static int plan_number(const struct spec_device *device, struct device_item *item, struct err *err)
{
	if (S_ISFIFO(item->mode))
		return 0;
	if (device->major < 0 || device->major > DEVICE_MAJOR_MAX)
		return err_user(err, "%s.major: %lld is not between 0 and %d", item->where, (long long)device->major,
				DEVICE_MAJOR_MAX);
	if (device->minor < 0 || device->minor > DEVICE_MINOR_MAX)
		return err_user(err, "%s.minor: %lld is not between 0 and %d", item->where, (long long)device->minor,
				DEVICE_MINOR_MAX);
	item->number = makedev((unsigned int)device->major, (unsigned int)device->minor);
	return 0;
}

static int plan_device(const struct spec_device *device, struct arena *arena, struct device_item *item, struct err *err)
{
	const struct str_name *type = device->type ? str_lookup(types, device->type) : NULL;

	if (!type)
		return err_user(err, "%s.type: \"%s\" is not c, u, b or p", item->where,
				device->type ? device->type : "");
	if (!device->path || device->path[0] != '/')
		return err_user(err, "%s.path: \"%s\" is not an absolute path", item->where,
				device->path ? device->path : "");
	if (has_dot_dot(device->path))
		return err_user(err, "%s.path: %s contains \"..\"", item->where, device->path);
	if (device->file_mode.is_set && device->file_mode.value > 07777)
		return err_user(err, "%s.fileMode: %llu is not a file mode", item->where,
				(unsigned long long)device->file_mode.value);
	item->path = plan_clean_path(device->path, arena);
	if (!item->path)
		return err_memory(err);
	if (str_eq(item->path, "/") || str_eq(item->path, "/dev"))
		return err_user(err, "%s.path: %s is a directory", item->where, item->path);
	item->name = name_in_dev(item->path);
	item->mode = (mode_t)type->value | (device->file_mode.is_set ? (mode_t)device->file_mode.value : 0666);
	item->uid = device->uid.is_set ? (uid_t)device->uid.value : 0;
	item->gid = device->gid.is_set ? (gid_t)device->gid.value : 0;
	return plan_number(device, item, err);
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
