#include "store/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/command.h"
#include "base/file.h"
#include "base/user.h"

#define SYSTEM_UNITS   "/etc/systemd/system"
#define RELOAD_TIMEOUT 20000

/* Where units are, and which target wants them. */
struct place {
	bool is_user;
	char folder[PATH_MAX];
	const char *target;
};

static int find_place(struct place *place, struct err *err)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int size;

	place->is_user = !user_is_host_root();
	place->target = place->is_user ? "default.target" : "multi-user.target";
	if (!place->is_user)
		size = snprintf(place->folder, sizeof(place->folder), SYSTEM_UNITS);
	else if (config && *config == '/')
		size = snprintf(place->folder, sizeof(place->folder), "%s/systemd/user", config);
	else if (home && *home == '/')
		size = snprintf(place->folder, sizeof(place->folder), "%s/.config/systemd/user", home);
	else
		return err_user(err, "no place for units: HOME is not set");
	return (size_t)size < sizeof(place->folder) ? 0 : err_sys(err, ENAMETOOLONG, "the folder of units");
}

/* A word of an Exec line: systemd.service(5), COMMAND LINES. */
static void append_word(struct str_buf *out, const char *word)
{
	str_append(out, " \"");
	for (; *word; word++) {
		if (*word == '"' || *word == '\\')
			str_append(out, "\\");
		if (*word == '%' || *word == '$')
			str_append_n(out, word, 1);
		str_append_n(out, word, 1);
	}
	str_append(out, "\"");
}

static void append_call(struct str_buf *out, const struct store *store, const char *line, const char *program,
			const char *command, const char *name)
{
	str_append(out, line);
	str_append(out, "=");
	append_word(out, program);
	append_word(out, command);
	append_word(out, "--root");
	append_word(out, store->host->root);
	append_word(out, "--store");
	append_word(out, store->path);
	if (store->host->cgroup_manager == CGROUP_MANAGER_SYSTEMD)
		append_word(out, "--systemd-cgroup");
	append_word(out, name);
	str_append(out, "\n");
}

void unit_text(const struct store *store, const char *name, const char *program, bool is_user, struct str_buf *out)
{
	str_append_f(out, "# written by: kavel enable %s\n[Unit]\nDescription=Guest %s\nDocumentation=man:kavel(1)\n",
		     name, name);
	if (!is_user)
		str_append(
			out,
			"After=network-online.target local-fs.target remote-fs.target\nWants=network-online.target\n");
	/* the shim stays, and starts the guest again by itself; what is left of it in the end is killed */
	str_append(out, "\n[Service]\nType=forking\nPIDFile=");
	for (const char *at = store->host->root; *at; at++)
		str_append_f(out, *at == '%' ? "%%%%" : "%c", *at);
	str_append_f(out, "/.shim/%s/pid\n", name);
	append_call(out, store, "ExecStart", program, "up", name);
	append_call(out, store, "ExecStop", program, "down", name);
	str_append_f(out,
		     "KillMode=mixed\nTimeoutStartSec=120\nTimeoutStopSec=180\nDelegate=yes\nTasksMax=infinity\n"
		     "\n[Install]\nWantedBy=%s\n",
		     is_user ? "default.target" : "multi-user.target");
}

/* Let a systemd that runs read what has changed.  One that does not, reads it when it starts. */
static void reload(bool is_user)
{
	static const char *const paths[] = { "/usr/bin/systemctl", "/bin/systemctl" };
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	char variable[PATH_MAX + 32], said[200];
	struct err ignored;

	if (faccessat(AT_FDCWD, "/run/systemd/system", F_OK, 0) < 0)
		return;
	(void)snprintf(variable, sizeof(variable), "XDG_RUNTIME_DIR=%s", runtime ? runtime : "");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		char *const system[] = { (char *)(uintptr_t)paths[i], (char *)(uintptr_t) "daemon-reload", NULL };
		char *const user[] = { (char *)(uintptr_t)paths[i], (char *)(uintptr_t) "--user",
				       (char *)(uintptr_t) "daemon-reload", NULL };
		char *const environment[] = { variable, NULL };
		const struct command command = { .words = is_user ? user : system,
						 .environment = environment,
						 .input = -1,
						 .timeout_ms = RELOAD_TIMEOUT };
		int status;

		if (faccessat(AT_FDCWD, paths[i], X_OK, 0) < 0)
			continue;
		(void)command_run(&command, said, sizeof(said), &status,
				  &ignored); /* the files are there in any case */
		return;
	}
}

static int make_folders(const char *path, struct err *err)
{
	char copy[PATH_MAX];

	(void)snprintf(copy, sizeof(copy), "%s", path);
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdirat(AT_FDCWD, copy, 0755) < 0 && errno != EEXIST)
			return err_sys(err, errno, "make %s", copy);
		*slash = '/';
	}
	return mkdirat(AT_FDCWD, copy, 0755) < 0 && errno != EEXIST ? err_sys(err, errno, "make %s", copy) : 0;
}

static int unit_name(const char *name, char *ret, size_t room, struct err *err)
{
	if (strchr(name, '+'))
		return err_user(err, "systemd has no units with a + in their names");
	(void)snprintf(ret, room, "kavel@%s.service", name);
	return strlen(ret) < 255 ? 0 : err_sys(err, ENAMETOOLONG, "unit %s", ret);
}

static int link_unit(int folder, const struct place *place, const char *unit, struct err *err)
{
	char wants[64], link[500], target[400];

	(void)snprintf(wants, sizeof(wants), "%s.wants", place->target);
	(void)snprintf(link, sizeof(link), "%s/%s", wants, unit);
	(void)snprintf(target, sizeof(target), "../%s", unit);
	if (mkdirat(folder, wants, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make %s/%s", place->folder, wants);
	if (symlinkat(target, folder, link) < 0 && errno != EEXIST)
		return err_sys(err, errno, "make the symlink %s/%s", place->folder, link);
	return 0;
}

int unit_enable(const struct store *store, const char *name, struct err *err)
{
	char unit[300], program[PATH_MAX];
	struct place place;
	autobuf text = { 0 };
	autofd folder = -1;
	ssize_t size;
	int r = unit_name(name, unit, sizeof(unit), err);

	if (r == 0)
		r = find_place(&place, err);
	if (r == 0)
		r = make_folders(place.folder, err);
	if (r < 0)
		return r;
	size = readlinkat(AT_FDCWD, "/proc/self/exe", program, sizeof(program) - 1);
	folder = open(place.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (size < 0 || folder < 0)
		return err_sys(err, errno, "open %s", size < 0 ? "/proc/self/exe" : place.folder);
	program[size] = '\0';
	unit_text(store, name, program, place.is_user, &text);
	if (text.failed)
		return err_memory(err);
	r = file_replace(folder, unit, text.data, text.size, 0644, err);
	if (r == 0)
		r = link_unit(folder, &place, unit, err);
	if (r == 0)
		reload(place.is_user);
	return r;
}

int unit_disable(const struct store *store, const char *name, struct err *err)
{
	char unit[300], link[500];
	struct place place;
	autofd folder = -1;
	int r = unit_name(name, unit, sizeof(unit), err);

	(void)store; /* a name is enabled once */
	if (r == 0)
		r = find_place(&place, err);
	if (r < 0)
		return r;
	folder = open(place.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "open %s", place.folder);
	(void)snprintf(link, sizeof(link), "%s.wants/%s", place.target, unit);
	if ((unlinkat(folder, link, 0) < 0 && errno != ENOENT) || (unlinkat(folder, unit, 0) < 0 && errno != ENOENT))
		return err_sys(err, errno, "remove %s from %s", unit, place.folder);
	reload(place.is_user);
	return 0;
}
