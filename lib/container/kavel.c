/* The public functions: each translates its arguments and calls the life cycle. */
#include "container/kavel.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/str.h"
#include "container/container.h"

/* Where a host's defaults are written out. */
struct resolved {
	struct container_host host;
	char root[PATH_MAX];
};

static const struct str_name managers[] = {
	{ "cgroupfs", CGROUP_MANAGER_CGROUPFS },
	{ "systemd", CGROUP_MANAGER_SYSTEMD },
	{ "disabled", CGROUP_MANAGER_DISABLED },
	{ NULL, 0 },
};

static int resolve(const struct kavel_host *host, struct resolved *ret, struct err *err)
{
	const char *manager = host && host->cgroup_manager ? host->cgroup_manager : "cgroupfs";
	const struct str_name *row = str_lookup(managers, manager);

	if (!row)
		return err_user(err, "unknown cgroup manager \"%s\"", manager);
	ret->host = (struct container_host){ .cgroup_manager = (enum cgroup_manager)row->value };
	if (host && host->root) {
		if (host->root[0] != '/')
			return err_user(err, "the state directory %s is not an absolute path", host->root);
		ret->host.root = host->root;
		return 0;
	}
	ret->host.root = ret->root;
	ret->host.root_is_default = true;
	return container_default_root(ret->root, sizeof(ret->root), err);
}

/* Hand the description over. */
static int result(int r, const struct err *err, struct kavel_error *error)
{
	if (r < 0 && error) {
		error->number = -r;
		(void)snprintf(error->text, sizeof(error->text), "%s", err->text);
	}
	return r < 0 ? r : 0;
}

const char *kavel_version(void)
{
	return KAVEL_VERSION;
}

int kavel_create(const struct kavel_host *host, const char *id, const struct kavel_create_options *options,
		 struct kavel_error *error)
{
	static const struct kavel_create_options none;
	const struct kavel_create_options *from = options ? options : &none;
	const struct container_create_options create = {
		.id = id,
		.bundle = from->bundle,
		.config = from->config,
		.pid_file = from->pid_file,
		.pidfd_socket = from->pidfd_socket,
		.preserve_fds = from->preserve_fds,
		.no_pivot = from->no_pivot,
		.no_new_keyring = from->no_new_keyring,
	};
	struct resolved resolved;
	struct err err;
	int r = resolve(host, &resolved, &err);

	if (r == 0)
		r = container_create(&resolved.host, &create, &err);
	return result(r, &err, error);
}

int kavel_start(const struct kavel_host *host, const char *id, struct kavel_error *error)
{
	struct resolved resolved;
	struct err err;
	int r = resolve(host, &resolved, &err);

	if (r == 0)
		r = container_start(&resolved.host, id, &err);
	return result(r, &err, error);
}

int kavel_kill(const struct kavel_host *host, const char *id, int signal, bool all, struct kavel_error *error)
{
	struct resolved resolved;
	struct err err;
	int r = resolve(host, &resolved, &err);

	if (r == 0)
		r = container_kill(&resolved.host, id, signal, all, &err);
	return result(r, &err, error);
}

int kavel_delete(const struct kavel_host *host, const char *id, bool force, struct kavel_error *error)
{
	struct resolved resolved;
	struct err err;
	int r = resolve(host, &resolved, &err);

	if (r == 0)
		r = container_delete(&resolved.host, id, force, &err);
	return result(r, &err, error);
}

int kavel_pause(const struct kavel_host *host, const char *id, struct kavel_error *error)
{
	struct resolved resolved;
	struct err err;
	int r = resolve(host, &resolved, &err);

	if (r == 0)
		r = container_pause(&resolved.host, id, &err);
	return result(r, &err, error);
}

int kavel_resume(const struct kavel_host *host, const char *id, struct kavel_error *error)
{
	struct resolved resolved;
	struct err err;
	int r = resolve(host, &resolved, &err);

	if (r == 0)
		r = container_resume(&resolved.host, id, &err);
	return result(r, &err, error);
}

int kavel_state(const struct kavel_host *host, const char *id, char **ret_json, struct kavel_error *error)
{
	struct container_info info = { 0 };
	struct resolved resolved;
	autobuf json = { 0 };
	struct err err;
	int r = resolve(host, &resolved, &err);

	if (r == 0)
		r = container_info(&resolved.host, id, &info, &err);
	if (r == 0 && container_info_json(&info, true, true, &json) < 0)
		r = err_memory(&err);
	if (r == 0)
		*ret_json = take_ptr(json.data);
	container_info_free(&info);
	return result(r, &err, error);
}

int kavel_features(char **ret_json, struct kavel_error *error)
{
	autobuf json = { 0 };
	struct err err;
	int r = container_features(NULL, &json, &err);

	if (r == 0)
		*ret_json = take_ptr(json.data);
	return result(r, &err, error);
}
