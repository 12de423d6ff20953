/* The guest's root file system, and what every guest has mounted.
 *
 * An image is a directory that stays as it is: what the guest writes goes to an upper layer of its own.  The host's own system
 * cannot be a lower layer of that kind, as the layers lie in it (the kernel refuses: ELOOP), and it holds secrets; so the guest
 * has a tree of its own (hosttree.h), and of the host only what programs are: /usr and its like, read-only. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "store/config.h"
#include "store/hosttree.h"

static int set_overlay(struct config *config, struct err *err)
{
	const char *rootfs = config->request->rootfs;
	autobuf lower = { 0 };
	int r;

	for (; *rootfs; rootfs++) {
		if (strchr("\\:", *rootfs))
			str_append(&lower, "\\");
		str_append_n(&lower, rootfs, 1);
	}
	if (lower.failed)
		return err_memory(err);
	/* relative to the bundle: a renamed guest keeps its layers */
	r = config_set(config, "annotations",
		       json_pack("{s:s, s:s, s:s}", "org.kavel.overlay.lowerdirs", lower.data,
				 "org.kavel.overlay.upperdir", "../layers/upper", "org.kavel.overlay.workdir",
				 "../layers/work"),
		       err);
	return r < 0 ? r : config_set(config, "root.path", json_string("rootfs"), err);
}

/* Directories of programs; a symlink such as /bin is part of the tree. */
static int bind_host(struct config *config, struct err *err)
{
	const bool maps = config->request->has_user_ns && !config->request->is_rootless;
	const char *const options[] = { "rbind", "ro", "nodev", "rprivate", maps ? "idmap" : NULL, NULL };
	int r = config_set(config, "root.path", json_string("../layers/root"), err);

	for (const char *const *name = hosttree_programs; r == 0 && *name; name++) {
		char path[PATH_MAX];
		struct stat st;

		(void)snprintf(path, sizeof(path), "/%s", *name);
		if (fstatat(AT_FDCWD, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
			r = config_add_mount(config, path, "bind", path, options, err);
	}
	return r;
}

static int mount_for_program(struct config *config, struct err *err)
{
	/* with what the image has there: directories that packages made, such as /run/postgresql */
	static const char *const run[] = { "nosuid", "nodev", "mode=755", "tmpcopyup", NULL };
	static const char *const tmp[] = { "nosuid", "nodev", "mode=1777", NULL };
	int r = config_add_mount(config, "/run", "tmpfs", "tmpfs", run, err);

	return r == 0 && !config->request->rootfs ? config_add_mount(config, "/tmp", "tmpfs", "tmpfs", tmp, err) : r;
}

/* What systemd expects of whoever starts it, by its page on the container interface. */
static int mount_for_system(struct config *config, struct err *err)
{
	static const char *const run[] = { "nosuid", "nodev", "mode=755", "strictatime", NULL };
	static const char *const lock[] = { "nosuid", "nodev", "noexec", "mode=1777", "size=5m", NULL };
	static const char *const tmp[] = { "nosuid", "nodev", "mode=1777", "strictatime", NULL };
	static const char *const cgroup[] = { "nosuid", "noexec", "nodev", "rw", NULL };
	/* with v1 hierarchies there is still one of v2, and no system of today can do with the others */
	const char *type = config->request->is_unified ? "cgroup" : "cgroup2";
	int r = config_add_mount(config, "/run", "tmpfs", "tmpfs", run, err);

	if (r == 0)
		r = config_add_mount(config, "/run/lock", "tmpfs", "tmpfs", lock, err);
	if (r == 0)
		r = config_add_mount(config, "/tmp", "tmpfs", "tmpfs", tmp, err);
	return r < 0 ? r : config_add_mount(config, "/sys/fs/cgroup", type, type, cgroup, err);
}

int config_root_base(struct config *config, struct err *err)
{
	const struct guest_request *request = config->request;
	int r = config_set(config, "root.readonly", json_false(), err);

	if (r == 0)
		r = request->rootfs ? set_overlay(config, err) : bind_host(config, err);
	if (r == 0 && request->has_user_ns && !request->is_rootless)
		r = config_annotation(config, "org.kavel.rootfs.idmap=true", err);
	if (r < 0)
		return r;
	return request->is_system ? mount_for_system(config, err) : mount_for_program(config, err);
}

int config_read_only(struct config *config, struct err *err)
{
	static const char *const paths[] = { "/tmp", "/var/tmp" };
	static const char *const options[] = { "nosuid", "nodev", "mode=1777", NULL };
	int r = config_set(config, "root.readonly", json_true(), err);

	/* what every program may write to; unless the caller gave something else */
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(paths); i++)
		if (!config_has_mount(config, paths[i]))
			r = config_add_mount(config, paths[i], "tmpfs", "tmpfs", options, err);
	return r;
}
