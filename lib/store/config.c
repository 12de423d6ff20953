/* config.json from the options of `kavel up`: the document of `kavel spec`, what every named guest has, and then one row per
 * option, each of which changes what it is for. */
#include "store/config.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/auto.h"
#include "json/encode.h"
#include "json/read.h"
#include "spec/default.h"

/* ---------------------------------------------------------------- the document */

/* The object that holds the last component of a path, and that component; NULL: memory ran out. */
static json_t *holder(json_t *object, const char *path, const char **ret_last)
{
	for (const char *dot; object && (dot = strchr(path, '.')); path = dot + 1) {
		size_t size = (size_t)(dot - path);
		char name[64];
		json_t *next;

		memcpy(name, path, size); /* the paths are constants of this folder */
		name[size] = '\0';
		next = json_object_get(object, name);
		if (!next && json_object_set_new(object, name, json_object()) == 0)
			next = json_object_get(object, name);
		object = next;
	}
	*ret_last = path;
	return object;
}

int config_set(struct config *config, const char *path, json_t *value, struct err *err)
{
	const char *last;
	json_t *object = holder(config->doc, path, &last);

	if (!object) {
		json_decref(value);
		return err_memory(err);
	}
	return json_object_set_new(object, last, value) < 0 ? err_memory(err) : 0;
}

int config_add(struct config *config, const char *path, json_t *value, struct err *err)
{
	const char *last;
	json_t *object = holder(config->doc, path, &last), *array = NULL;

	if (object && !json_object_get(object, last))
		(void)json_object_set_new(object, last, json_array()); /* the next line tells */
	array = json_object_get(object, last);
	if (!array) {
		json_decref(value);
		return err_memory(err);
	}
	return json_array_append_new(array, value) < 0 ? err_memory(err) : 0;
}

/* The number of the mount on a destination, or that behind the last one. */
static size_t find_mount(const json_t *mounts, const char *destination)
{
	const json_t *item;
	size_t i;

	json_array_foreach(mounts, i, item) if (str_eq(json_string_value(json_object_get(item, "destination")),
						       destination)) return i;
	return json_array_size(mounts);
}

int config_add_mount(struct config *config, const char *destination, const char *type, const char *source,
		     const char *const *options, struct err *err)
{
	json_t *mounts = json_object_get(config->doc, "mounts"), *list = json_array(), *item;
	const size_t at = find_mount(mounts, destination);

	for (; list && *options; options++)
		(void)json_array_append_new(list,
					    json_string(*options)); /* memory that ran out is noticed below, too */
	item = json_pack("{s:s, s:s, s:s, s:o}", "destination", destination, "type", type, "source", source, "options",
			 list);
	if (!item)
		return err_memory(err);
	if (at == json_array_size(mounts))
		return config_add(config, "mounts", item, err);
	return json_array_set_new(mounts, at, item) < 0 ? err_memory(err) : 0;
}

bool config_has_mount(const struct config *config, const char *destination)
{
	const json_t *mounts = json_object_get(config->doc, "mounts");

	return find_mount(mounts, destination) < json_array_size(mounts);
}

/* Remove the element of an array whose member has that value. */
static void drop(json_t *array, const char *member, const char *value)
{
	const json_t *item;
	size_t i;

	json_array_foreach(array, i, item)
	{
		const char *text = json_string_value(json_object_get(item, member));

		if (text && str_eq(text, value)) {
			(void)json_array_remove(array, i); /* it is there */
			return;
		}
	}
}

int config_set_namespace(struct config *config, const char *type, bool wanted, struct err *err)
{
	drop(json_object_get(json_object_get(config->doc, "linux"), "namespaces"), "type", type);
	return wanted ? config_add(config, "linux.namespaces", json_pack("{s:s}", "type", type), err) : 0;
}

/* ---------------------------------------------------------------- the options */

#define AT(member) offsetof(struct guest_options, member)

static const struct row {
	const char *option;
	size_t offset;
	bool is_list;
	config_apply apply;
} rows[] = {
	{ "memory", AT(memory), false, config_memory },
	{ "memory-reservation", AT(memory_reservation), false, config_memory_reservation },
	{ "memory-swap", AT(memory_swap), false, config_memory_swap }, /* compared with the limit */
	{ "cpus", AT(cpus), false, config_cpus },
	{ "cpu-weight", AT(cpu_weight), false, config_cpu_weight },
	{ "cpuset-cpus", AT(cpuset_cpus), false, config_cpuset_cpus },
	{ "cpuset-mems", AT(cpuset_mems), false, config_cpuset_mems },
	{ "pids", AT(pids), false, config_pids },
	{ "io-weight", AT(io_weight), false, config_io_weight },
	{ "ulimit", AT(ulimits), true, config_ulimit },
	{ "sysctl", AT(sysctls), true, config_sysctl },
	{ "network", AT(network), false, config_network },
	{ "tmpfs", AT(tmpfs), true, config_tmpfs },
	{ "volume", AT(volumes), true, config_volume }, /* may lie below a tmpfs */
	{ "device", AT(devices), true, config_device },
	{ "env-file", AT(env_files), true, config_env_file },
	{ "env", AT(env), true, config_env }, /* comes before what a file says */
	{ "user", AT(user), false, config_user },
	{ "workdir", AT(workdir), false, config_workdir },
	{ "hostname", AT(hostname), false, config_hostname },
	{ "cap-drop", AT(caps_dropped), true, config_cap_drop }, /* "all" first, then what is added */
	{ "cap-add", AT(caps_added), true, config_cap_add },
	{ "seccomp", AT(seccomp), false, config_seccomp },
	{ "apparmor", AT(apparmor), false, config_apparmor },
	{ "security-opt", AT(security), true, config_security },
	{ "label", AT(labels), true, config_label },
	{ "annotation", AT(annotations), true, config_annotation },
};

static int apply_value(struct config *config, const struct row *row, const char *value, struct err *err)
{
	int r = row->apply(config, value, err);

	return r < 0 && r != -ENOMEM ? err_in(err, "--%s %.200s", row->option, value) : r;
}

static int apply_row(struct config *config, const struct row *row, struct err *err)
{
	const void *member = (const char *)config->request->options + row->offset;
	const struct option_list *list = member;
	const char *value;
	int r = 0;

	if (!row->is_list) {
		value = *(const char *const *)member;
		return value ? apply_value(config, row, value, err) : 0;
	}
	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = apply_value(config, row, list->items[i], err);
	return r;
}

/* ---------------------------------------------------------------- the whole */

static int read_base(struct config *config, struct err *err)
{
	autobuf text = { 0 };
	/* a system writes to its console */
	const bool terminal = config->request->options->terminal || config->request->is_system;
	int r = spec_default_json(config->request->is_rootless, terminal, &text, err);

	return r < 0 ? r : json_read(text.data, text.size, "default configuration", &config->doc, err);
}

static int fill(struct config *config, struct err *err)
{
	static int (*const bases[])(struct config * config, struct err * err) = {
		config_process_base,
		config_isolation_base,
		config_root_base,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(bases); i++)
		r = bases[i](config, err);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++)
		r = apply_row(config, &rows[i], err);
	return r == 0 && config->request->options->read_only ? config_read_only(config, err) : r;
}

int config_make(const struct guest_request *request, struct str_buf *out, struct err *err)
{
	struct config config = { .request = request };
	int r = read_base(&config, err);

	if (r == 0)
		r = fill(&config, err);
	if (r == 0) {
		struct json_writer w = JSON_WRITER(out, 4);

		json_put_value(&w, NULL, config.doc);
		str_append(out, "\n");
		r = out->failed ? err_memory(err) : 0;
	}
	json_decref(config.doc);
	arena_free(&config.arena);
	return r;
}
