/* Engines that are installed, and whether they know kavel. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/command.h"
#include "doctor.h"
#include "json/decode.h"
#include "json/read.h"

#define VERSION_TIMEOUT_MS 10000

/* The base name of a path is that of this program. */
static bool is_kavel(const char *path)
{
	const char *slash = strrchr(path, '/');

	return str_eq(slash ? slash + 1 : path, "kavel");
}

/* The path by which engines should know this program. */
static const char *own_path(struct doctor *doctor)
{
	const char *path = doctor_find_program(doctor, "kavel");

	return path ? path : "/usr/bin/kavel";
}

/* What is in a value's quotes, if its base name is kavel. */
static bool names_kavel(const char *value)
{
	const char *end;

	for (const char *at = value; (at = strpbrk(at, "\"'")); at = end + 1) {
		char path[512];

		end = strchr(at + 1, *at);
		if (!end)
			return false;
		(void)snprintf(path, sizeof(path), "%.*s", (int)(end - at - 1), at + 1);
		if (is_kavel(path))
			return true;
	}
	return false;
}

/* Say which version there is: of this host alone, as a program of another cannot be run. */
static void tell_version(struct doctor *doctor, const char *path)
{
	char said[200] = "";
	const struct command command = {
		.words = (char *const[]){ (char *)path, (char[]){ "--version" }, NULL },
		.input = -1,
		.timeout_ms = VERSION_TIMEOUT_MS,
	};
	struct err ignored;
	int status;

	if (*doctor->host || command_run(&command, said, sizeof(said), &status, &ignored) != 0 || !WIFEXITED(status) ||
	    WEXITSTATUS(status))
		doctor_tell(doctor, DOCTOR_OK, NULL, "%s", path);
	else
		doctor_tell(doctor, DOCTOR_OK, NULL, "%s: %.100s", path, said);
}

/* ---------------------------------------------------------------- podman */

struct podman {
	bool knows, supports_json, is_default;
};

static void take_podman_key(void *data, const char *table, const char *key, const char *value)
{
	struct podman *found = data;

	if (str_eq(table, "engine.runtimes") && str_eq(key, "kavel"))
		found->knows = true;
	if (!str_eq(table, "engine"))
		return;
	if (str_eq(key, "runtime_supports_json"))
		found->supports_json = toml_has_string(value, "kavel");
	if (str_eq(key, "runtime"))
		found->is_default = names_kavel(value);
}

static void take_podman_file(struct doctor *doctor, const char *path, void *data)
{
	char *text = doctor_read(doctor, path);

	if (text)
		toml_each(text, take_podman_key, data);
}

/* In the order in which a later file overrides an earlier one (containers.conf(5)). */
static void read_podman(struct doctor *doctor, struct podman *found)
{
	static const char *const folders[] = { "/usr/share/containers", "/etc/containers" };
	const char *home = getenv("HOME");

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		const char *file = arena_printf(&doctor->arena, "%s/containers.conf", folders[i]);
		const char *more = arena_printf(&doctor->arena, "%s/containers.conf.d", folders[i]);

		if (file && more) {
			take_podman_file(doctor, file, found);
			doctor_each_file(doctor, more, ".conf", take_podman_file, found);
		}
	}
	if (!doctor->is_root && home && !*doctor->host) {
		const char *file = arena_printf(&doctor->arena, "%s/.config/containers/containers.conf", home);

		if (file)
			take_podman_file(doctor, file, found);
	}
}

static void check_podman(struct doctor *doctor)
{
	const char *path = doctor_find_program(doctor, "podman");
	struct podman found = { .knows = false };
	char change[300];

	if (!path)
		return;
	tell_version(doctor, path);
	read_podman(doctor, &found);
	(void)snprintf(change, sizeof(change),
		       "in /etc/containers/containers.conf.d/kavel.conf: [engine.runtimes] kavel = [\"%s\"]",
		       own_path(doctor));
	if (!found.knows)
		doctor_tell(doctor, DOCTOR_WARN, change, "podman does not know the runtime kavel");
	else
		doctor_tell(doctor, DOCTOR_OK, NULL, "podman knows the runtime kavel%s",
			    found.is_default ? ", its default" : "");
	if (found.knows && !found.supports_json)
		doctor_tell(doctor, DOCTOR_WARN, "in [engine]: runtime_supports_json = [\"crun\", \"runc\", \"kavel\"]",
			    "podman takes kavel's errors for plain text: exit codes 126 and 127 are lost");
}

/* ---------------------------------------------------------------- Docker */

struct docker_runtime {
	const char *name, *path;
};

struct docker_config {
	const char *default_runtime;
	struct {
		struct docker_runtime *items;
		size_t count;
	} runtimes;
};

FIELDS(docker_runtime_fields, struct docker_runtime) {
	STR(struct docker_runtime, "path", path, F_EMPTY_IS_ABSENT),
	END
};

FIELDS(docker_fields, struct docker_config) {
	STR(struct docker_config, "default-runtime", default_runtime, F_EMPTY_IS_ABSENT),
	MAP(struct docker_config, "runtimes", runtimes, docker_runtime_fields, name, 0),
	END
};

/* The strings belong to *ret_json. */
static int read_docker(struct doctor *doctor, const char *path, struct json_t **ret_json, struct docker_config *ret,
		       struct err *err)
{
	const char *text = doctor_read(doctor, path);
	int r;

	if (!text || !*text)
		return 0;
	r = json_read(text, strlen(text), path, ret_json, err);
	return r < 0 ? r : json_decode(*ret_json, docker_fields, ret, &doctor->arena, "", err);
}

static const char *find_in_docker(const struct docker_config *config)
{
	for (size_t i = 0; i < config->runtimes.count; i++)
		if (config->runtimes.items[i].path && is_kavel(config->runtimes.items[i].path))
			return config->runtimes.items[i].name;
	return NULL;
}

static void check_docker(struct doctor *doctor)
{
	static const char file[] = "/etc/docker/daemon.json";
	const char *path = doctor_find_program(doctor, "dockerd"), *name;
	struct docker_config config = { .default_runtime = NULL };
	struct json_t *json = NULL;
	struct err err;
	char change[300];

	if (!path)
		return;
	tell_version(doctor, path);
	(void)snprintf(change, sizeof(change), "in %s: \"runtimes\": {\"kavel\": {\"path\": \"%s\"}}", file,
		       own_path(doctor));
	if (read_docker(doctor, file, &json, &config, &err) < 0)
		doctor_tell(doctor, DOCTOR_FAIL, "correct it: dockerd does not start with it", "%s: %s", file,
			    err.text);
	else if (!(name = find_in_docker(&config)))
		doctor_tell(doctor, DOCTOR_WARN, change, "Docker does not know the runtime kavel");
	else
		doctor_tell(doctor, DOCTOR_OK, NULL, "Docker knows kavel as \"%s\"%s", name,
			    config.default_runtime && str_eq(config.default_runtime, name) ? ", its default" : "");
	json_free(json);
}

/* ---------------------------------------------------------------- containerd and CRI-O */

/* An engine whose configuration is TOML with the path of the runtime in a key. */
struct toml_engine {
	const char *program, *name;
	const char *file, *folder; /* NULL: none */
	const char *key;
	const char *change;
};

struct toml_found {
	const struct toml_engine *engine;
	bool is_there;
};

static void take_key(void *data, const char *table, const char *key, const char *value)
{
	struct toml_found *found = data;

	(void)table; /* its name differs from version to version */
	if (str_eq(key, found->engine->key) && names_kavel(value))
		found->is_there = true;
}

static void take_file(struct doctor *doctor, const char *path, void *data)
{
	char *text = doctor_read(doctor, path);

	if (text)
		toml_each(text, take_key, data);
}

static void check_toml_engine(struct doctor *doctor, const struct toml_engine *engine)
{
	const char *path = doctor_find_program(doctor, engine->program);
	struct toml_found found = { .engine = engine };

	if (!path)
		return;
	tell_version(doctor, path);
	take_file(doctor, engine->file, &found);
	if (engine->folder)
		doctor_each_file(doctor, engine->folder, ".conf", take_file, &found);
	if (found.is_there)
		doctor_tell(doctor, DOCTOR_OK, NULL, "%s knows kavel", engine->name);
	else
		doctor_tell(doctor, DOCTOR_WARN, engine->change, "%s does not know kavel", engine->name);
}

static void check_containerd(struct doctor *doctor)
{
	static const struct toml_engine containerd = {
		.program = "containerd",
		.name = "containerd's CRI plug-in",
		.file = "/etc/containerd/config.toml",
		.key = "BinaryName",
		.change = "see docs/engines/containerd.md; ctr and Docker need nothing there",
	};

	check_toml_engine(doctor, &containerd);
}

static void check_crio(struct doctor *doctor)
{
	static const struct toml_engine crio = {
		.program = "crio",
		.name = "CRI-O",
		.file = "/etc/crio/crio.conf",
		.folder = "/etc/crio/crio.conf.d",
		.key = "runtime_path",
		.change = "see docs/engines/cri-o.md",
	};

	check_toml_engine(doctor, &crio);
}

const struct doctor_check doctor_engine_checks[] = {
	{ "podman", check_podman },
	{ "docker", check_docker },
	{ "containerd", check_containerd },
	{ "cri-o", check_crio },
	{ NULL, NULL },
};
