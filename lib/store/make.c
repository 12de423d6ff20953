#include "store/make.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/user.h"
#include "store/hosttree.h"
#include "store/record.h"

/* Numbers that no user of a host has: systemd's page on users and groups calls them unused. */
#define ID_FIRST UINT64_C(0x70000000)
#define ID_LAST	 UINT64_C(0x7fff0000)

#define NEW_CONFIG "config.json.new"

/* ---------------------------------------------------------------- what kind of guest */

static bool is_init(const char *program)
{
	static const char *const names[] = { "/sbin/init", "/usr/sbin/init", "/lib/systemd/systemd",
					     "/usr/lib/systemd/systemd", "/bin/systemd" };

	for (size_t i = 0; program && i < ARRAY_SIZE(names); i++)
		if (str_eq(program, names[i]))
			return true;
	return false;
}

/* The image's absolute path, in memory of the arena; NULL: the host's own system. */
static int find_rootfs(const char *given, struct arena *arena, const char **ret, struct err *err)
{
	autofree char *real = NULL;
	struct stat st;

	*ret = NULL;
	if (!given || str_eq(given, "host"))
		return 0;
	real = realpath(given, NULL);
	if (!real || stat(real, &st) < 0)
		return err_sys(err, errno, "--rootfs %.200s", given);
	if (!S_ISDIR(st.st_mode))
		return err_sys(err, ENOTDIR, "--rootfs %.200s", given);
	if (str_eq(real, "/"))
		return err_user(
			err, "--rootfs /: the layers of guests lie in it (--rootfs host: its programs, and a tree of "
			     "the guest's own)");
	*ret = arena_strdup(arena, real);
	return *ret ? 0 : err_memory(err);
}

static int find_user_ns(const struct guest_options *options, struct guest_request *request, struct err *err)
{
	const char *given = options->userns;

	if (given && !str_eq(given, "auto") && !str_eq(given, "host"))
		return err_user(err, "--userns %.100s: expected auto or host", given);
	if (request->is_rootless && given && str_eq(given, "host"))
		return err_user(err, "--userns host: only root can do without a user namespace");
	/* a whole system does as root what a program rarely does; but it must own its cgroup */
	request->has_user_ns =
		request->is_rootless || (given ? str_eq(given, "auto") : request->is_system && request->is_unified);
	if (request->has_user_ns && request->is_system && !request->is_unified)
		return err_user(
			err, "--userns auto: a system in a user namespace needs a host with cgroup v2 alone, to manage "
			     "its cgroups");
	return 0;
}

/* ---------------------------------------------------------------- IDs */

static bool is_taken(const struct store *store, char *const *names, const char *own, uint64_t base)
{
	for (; names && *names; names++) {
		struct guest other;
		struct err ignored;
		bool same = false;

		if (!str_eq(*names, own))
			same = guest_open(store, *names, false, &other, &ignored) == 0 &&
			       other.settings.id_base == base;
		else
			continue;
		guest_close(&other);
		if (same)
			return true;
	}
	return false;
}

/* A range that no other guest of this store has.  The caller holds the lock of all guests. */
static int choose_ids(const struct store *store, const char *name, uint64_t *ret, struct err *err)
{
	char **names;
	size_t count;
	uint64_t base = ID_FIRST;
	int r = store_list(store, &names, &count, err);

	if (r < 0)
		return r;
	while (base < ID_LAST && is_taken(store, names, name, base))
		base += GUEST_IDS;
	container_ids_free(names);
	if (base >= ID_LAST)
		return err_user(err, "--userns auto: no IDs are free");
	*ret = base;
	return 0;
}

/* ---------------------------------------------------------------- folders and files */

static int make_folder(int dir, const char *name, mode_t mode, struct err *err)
{
	if (mkdirat(dir, name, mode) == 0)
		return fchmodat(dir, name, mode, 0) < 0 ? err_sys(err, errno, "make %s", name) : 0;
	return errno == EEXIST ? 0 : err_sys(err, errno, "make %s", name);
}

/* The root of the upper layer is the root directory that the guest sees: it has the mode of the image's. */
static int make_upper(const struct guest *guest, struct err *err)
{
	struct stat st;
	int r;

	if (stat(guest->settings.rootfs, &st) < 0)
		return err_sys(err, errno, "root file system %s", guest->settings.rootfs);
	r = make_folder(guest->dir, "layers/upper", st.st_mode & 07777, err);
	return r < 0 ? r : make_folder(guest->dir, "layers/work", 0700, err);
}

int guest_prepare(const struct guest *guest, struct err *err)
{
	static const char *const names[] = { "bundle", "bundle/rootfs", "layers", "log" };
	autofd layers = -1;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(names); i++)
		r = make_folder(guest->dir, names[i], 0700, err);
	if (r == 0 && !str_eq(guest->settings.rootfs, "host"))
		r = make_upper(guest, err);
	if (r < 0 || !str_eq(guest->settings.rootfs, "host"))
		return r < 0 ? err_in(err, "guest %s", guest->name) : 0;
	layers = openat(guest->dir, "layers", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return layers < 0 ? err_sys(err, errno, "open layers") : hosttree_make(layers, guest->name, err);
}

/* Would the runtime take it?  Without doing it. */
static int check_config(const struct store *store, const struct guest *guest, struct err *err)
{
	const struct container_create_options options = { .id = guest->name,
							  .bundle = guest->bundle,
							  .config = NEW_CONFIG };
	autobuf plan = { 0 };

	return container_plan_text(store->host, &options, &plan, err);
}

/* Replace config.json by one that the runtime takes, or leave it. */
static int write_config(const struct store *store, const struct guest *guest, const struct guest_request *request,
			struct err *err)
{
	autofd bundle = openat(guest->dir, "bundle", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	autobuf text = { 0 };
	int r;

	if (bundle < 0)
		return err_sys(err, errno, "open the bundle of guest %s", guest->name);
	r = config_make(request, &text, err);
	/* it may hold passwords, in variables of the environment */
	if (r == 0)
		r = file_replace(bundle, NEW_CONFIG, text.data, text.size, 0600, err);
	if (r < 0)
		return r;
	r = check_config(store, guest, err);
	if (r == 0 && renameat(bundle, NEW_CONFIG, bundle, "config.json") < 0)
		r = err_sys(err, errno, "rename " NEW_CONFIG);
	if (r < 0)
		(void)unlinkat(bundle, NEW_CONFIG, 0); /* the first failure is the one to tell */
	return r;
}

/* An upper layer says what differs from one image: it is nonsense over another. */
static int check_layers(const struct guest *guest, const char *rootfs, struct err *err)
{
	const char *before = guest->settings.rootfs;

	if (!before || str_eq(before, rootfs))
		return 0;
	return err_user(err, "--rootfs %.200s: what the guest wrote belongs to %.200s (rm it first)", rootfs, before);
}

static int make_locked(const struct store *store, struct guest *guest, const struct guest_make *how,
		       struct guest_request *request, struct err *err)
{
	struct guest_settings settings;
	int r = settings_make(how->options, request->is_system, &guest->arena, &settings, err);

	if (r == 0 && request->has_user_ns && !request->is_rootless) {
		request->id_base = guest->settings.id_base; /* that of its layers' files */
		r = request->id_base ? 0 : choose_ids(store, guest->name, &request->id_base, err);
	}
	if (r < 0)
		return r;
	settings.id_base = request->id_base;
	settings.rootfs = request->rootfs ? request->rootfs : "host";
	settings.is_enabled = guest->settings.is_enabled;
	settings.is_temporary = how->is_temporary;
	settings.options = how->words;
	settings.command.items = (const char **)(uintptr_t)request->command;
	while (request->command[settings.command.count])
		settings.command.count++;
	r = check_layers(guest, settings.rootfs, err);
	if (r < 0)
		return r;
	guest->settings = settings;
	r = guest_prepare(guest, err);
	if (r == 0)
		r = write_config(store, guest, request, err);
	return r < 0 ? r : guest_save(guest, err);
}

int guest_make(const struct store *store, struct guest *guest, const struct guest_make *how, struct err *err)
{
	static char *const init[] = { (char *)(uintptr_t) "/sbin/init", NULL };
	struct guest_request request = { .guest = guest, .options = how->options, .is_rootless = !user_is_host_root() };
	struct cgroup_layout layout;
	autofd all = -1;
	char path[PATH_MAX];
	int r;

	request.command = *how->command ? how->command : init;
	r = find_rootfs(how->options->rootfs, &guest->arena, &request.rootfs, err);
	if (r < 0)
		return r;
	request.is_system = how->options->is_system || (request.rootfs && is_init(request.command[0]));
	if (request.is_system && !request.rootfs)
		return err_user(err, "--system: needs a root file system of its own: --rootfs DIR");
	r = cgroup_detect(&layout, err);
	if (r < 0)
		return r;
	request.is_unified = layout.mode == CGROUP_V2;
	r = find_user_ns(how->options, &request, err);
	if (r < 0)
		return r;
	/* whoever chooses IDs sees those that others chose */
	(void)snprintf(path, sizeof(path), "%s/guests", store->path);
	all = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (all < 0 || flock(all, LOCK_EX) < 0)
		return err_sys(err, errno, "lock %s", path);
	return make_locked(store, guest, how, &request, err);
}
