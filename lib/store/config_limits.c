/* Options that limit what a guest may use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/size.h"
#include "cgroups/plan.h"
#include "json/read.h"
#include "store/config.h"

#define CPU_PERIOD_US 100000

static int set_size(struct config *config, const char *path, const char *value, struct err *err)
{
	int64_t bytes;

	if (!size_parse(value, &bytes) || bytes == 0)
		return err_user(err, "expected a size such as 512M, 1g or -1");
	return config_set(config, path, json_integer(bytes), err);
}

int config_memory(struct config *config, const char *value, struct err *err)
{
	return set_size(config, "linux.resources.memory.limit", value, err);
}

int config_memory_reservation(struct config *config, const char *value, struct err *err)
{
	return set_size(config, "linux.resources.memory.reservation", value, err);
}

int config_memory_swap(struct config *config, const char *value, struct err *err)
{
	int64_t memory = 0, swap = 0;

	if (!config->request->options->memory)
		return err_user(err, "needs --memory: it limits memory and swap together");
	if (size_parse(value, &swap) && swap > 0 && size_parse(config->request->options->memory, &memory) &&
	    swap < memory)
		return err_user(err, "is less than --memory %s: it limits memory and swap together",
				config->request->options->memory);
	return set_size(config, "linux.resources.memory.swap", value, err);
}

static int set_number(struct config *config, const char *path, const char *value, uint64_t min, uint64_t max,
		      struct err *err)
{
	uint64_t number;

	if (!str_u64(value, max, &number) || number < min)
		return err_user(err, "expected a number from %llu to %llu", (unsigned long long)min,
				(unsigned long long)max);
	return config_set(config, path, json_integer((json_int_t)number), err);
}

int config_cpus(struct config *config, const char *value, struct err *err)
{
	const size_t digits = strspn(value, "0123456789.");
	char *end;
	double cpus = strtod(value, &end);
	int r;

	/* the kernel takes no quota below 1 ms */
	if (!digits || value[digits] || *end || cpus < 0.01 || cpus > 8192)
		return err_user(err, "expected a number of CPUs such as 1.5, from 0.01 on");
	r = config_set(config, "linux.resources.cpu.quota", json_integer((json_int_t)(cpus * CPU_PERIOD_US + 0.5)),
		       err);
	return r < 0 ? r : config_set(config, "linux.resources.cpu.period", json_integer(CPU_PERIOD_US), err);
}

int config_cpu_weight(struct config *config, const char *value, struct err *err)
{
	uint64_t weight, low = 2, high = 262144;

	if (!str_u64(value, 10000, &weight) || !weight)
		return err_user(err, "expected a number from 1 to 10000 (100: as all others)");
	/* the specification knows shares alone, of which the runtime makes the weight: look for those that give this one */
	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (cpu_weight_of_shares(middle) < weight)
			low = middle + 1;
		else
			high = middle;
	}
	return config_set(config, "linux.resources.cpu.shares", json_integer((json_int_t)low), err);
}

static int set_list(struct config *config, const char *path, const char *value, struct err *err)
{
	unsigned long bits[64] = { 0 };
	unsigned int count, end;

	if (!str_number_list(value, sizeof(bits) * 8, bits, &count, &end) || !count)
		return err_user(err, "expected a list such as 0-3,7");
	return config_set(config, path, json_string(value), err);
}

int config_cpuset_cpus(struct config *config, const char *value, struct err *err)
{
	return set_list(config, "linux.resources.cpu.cpus", value, err);
}

int config_cpuset_mems(struct config *config, const char *value, struct err *err)
{
	return set_list(config, "linux.resources.cpu.mems", value, err);
}

int config_pids(struct config *config, const char *value, struct err *err)
{
	if (str_eq(value, "-1"))
		return config_set(config, "linux.resources.pids.limit", json_integer(-1), err);
	return set_number(config, "linux.resources.pids.limit", value, 1, 4194304, err);
}

int config_io_weight(struct config *config, const char *value, struct err *err)
{
	return set_number(config, "linux.resources.blockIO.weight", value, 10, 1000, err);
}

/* A limit as JSON: "no limit" is a number that the library of JSON values has no type for, but json_read() does. */
static json_t *limit_value(uint64_t limit)
{
	static const char text[] = "[18446744073709551615]";
	struct err ignored;
	json_t *array, *value;

	if (limit <= INT64_MAX)
		return json_integer((json_int_t)limit);
	if (json_read(text, sizeof(text) - 1, "limit", &array, &ignored) < 0)
		return NULL; /* memory ran out */
	value = json_incref(json_array_get(array, 0));
	json_decref(array);
	return value;
}

static bool parse_limit(const char *text, uint64_t *ret)
{
	*ret = UINT64_MAX;
	return str_eq(text, "-1") || str_eq(text, "unlimited") || str_u64(text, INT64_MAX, ret);
}

/* "nofile" is RLIMIT_NOFILE. */
static bool limit_type(const char *name, size_t size, char type[40])
{
	static const char *const names[] = { "as",	"core",	    "cpu",	  "data",   "fsize", "locks",
					     "memlock", "msgqueue", "nice",	  "nofile", "nproc", "rss",
					     "rtprio",	"rttime",   "sigpending", "stack" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i]) == size && strncmp(names[i], name, size) == 0) {
			size_t at = (size_t)snprintf(type, 40, "RLIMIT_%s", names[i]);

			while (type[--at] != '_')
				type[at] = (char)(type[at] - ('a' - 'A'));
			return true;
		}
	return false;
}

/* The limit that stands in the document already gives way. */
static void drop_limit(struct config *config, const char *type)
{
	json_t *limits = json_object_get(json_object_get(config->doc, "process"), "rlimits");
	const json_t *item;
	size_t i;

	json_array_foreach(limits, i, item)
	{
		if (!str_eq(json_string_value(json_object_get(item, "type")), type))
			continue;
		(void)json_array_remove(limits, i); /* it is there */
		return;
	}
}

int config_ulimit(struct config *config, const char *value, struct err *err)
{
	char type[40], numbers[64], *colon;
	const char *equals = strchr(value, '=');
	uint64_t soft, hard;

	if (!equals || strlen(equals) >= sizeof(numbers))
		return err_user(err, "expected NAME=SOFT[:HARD], such as nofile=1024:4096");
	if (!limit_type(value, (size_t)(equals - value), type))
		return err_user(err, "there is no such limit (nofile, nproc, memlock, core, stack, ...)");
	(void)snprintf(numbers, sizeof(numbers), "%s", equals + 1);
	colon = strchr(numbers, ':');
	if (colon)
		*colon++ = '\0';
	if (!parse_limit(numbers, &soft) || !parse_limit(colon ? colon : numbers, &hard))
		return err_user(err, "expected numbers, -1 or unlimited behind the =");
	if (soft > hard)
		return err_user(err, "the soft limit exceeds the hard one");
	drop_limit(config, type);
	return config_add(
		config, "process.rlimits",
		json_pack("{s:s, s:o, s:o}", "type", type, "hard", limit_value(hard), "soft", limit_value(soft)), err);
}

int config_sysctl(struct config *config, const char *value, struct err *err)
{
	const char *equals = strchr(value, '=');
	json_t *object;
	char name[200];

	if (!equals || equals == value || (size_t)(equals - value) >= sizeof(name))
		return err_user(err, "expected NAME=VALUE, such as net.core.somaxconn=1024");
	(void)snprintf(name, sizeof(name), "%.*s", (int)(equals - value), value);
	object = json_object_get(json_object_get(config->doc, "linux"), "sysctl");
	if (!object) {
		int r = config_set(config, "linux.sysctl", json_object(), err);

		if (r < 0)
			return r;
		object = json_object_get(json_object_get(config->doc, "linux"), "sysctl");
	}
	return json_object_set_new(object, name, json_string(equals + 1)) < 0 ? err_memory(err) : 0;
}
