/* update: the options become a text of linux.resources, so that all that is known of a property (its type, range and name in
 * messages) holds for its option too. */
#include <errno.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/size.h"
#include "json/encode.h"
#include "cli.h"

enum value_kind { VALUE_SIZE, VALUE_NUMBER, VALUE_TEXT };

/* In the order of their objects. */
static const struct value {
	const char *object, *member;
	const char *option;
	enum value_kind kind;
	size_t offset; /* in struct cli_options */
} values[] = {
#define VALUE(object_, member_, option_, kind_, at) \
	{ object_, member_, option_, kind_, OPTION_AT(struct cli_options, update.at, const char *) }
	VALUE("blockIO", "weight", "blkio-weight", VALUE_NUMBER, blkio_weight),
	VALUE("cpu", "burst", "cpu-burst", VALUE_NUMBER, cpu_burst),
	VALUE("cpu", "cpus", "cpuset-cpus", VALUE_TEXT, cpuset_cpus),
	VALUE("cpu", "idle", "cpu-idle", VALUE_NUMBER, cpu_idle),
	VALUE("cpu", "mems", "cpuset-mems", VALUE_TEXT, cpuset_mems),
	VALUE("cpu", "period", "cpu-period", VALUE_NUMBER, cpu_period),
	VALUE("cpu", "quota", "cpu-quota", VALUE_NUMBER, cpu_quota),
	VALUE("cpu", "realtimePeriod", "cpu-rt-period", VALUE_NUMBER, cpu_rt_period),
	VALUE("cpu", "realtimeRuntime", "cpu-rt-runtime", VALUE_NUMBER, cpu_rt_runtime),
	VALUE("cpu", "shares", "cpu-share", VALUE_NUMBER, cpu_share),
	VALUE("memory", "limit", "memory", VALUE_SIZE, memory),
	VALUE("memory", "reservation", "memory-reservation", VALUE_SIZE, memory_reservation),
	VALUE("memory", "swap", "memory-swap", VALUE_SIZE, memory_swap),
	VALUE("pids", "limit", "pids-limit", VALUE_NUMBER, pids_limit),
#undef VALUE
};

static int put_value(struct json_writer *writer, const struct value *value, const char *text, struct err *err)
{
	int64_t number;
	uint64_t big;

	switch (value->kind) {
	case VALUE_TEXT:
		json_put_string(writer, value->member, text);
		return 0;
	case VALUE_SIZE:
		if (!size_parse(text, &number))
			return err_user(err, "--%s: expected a size such as 512m, or -1, got \"%s\"", value->option,
					text);
		json_put_i64(writer, value->member, number);
		return 0;
	case VALUE_NUMBER:
		if (str_u64(text, UINT64_MAX, &big))
			json_put_u64(writer, value->member, big);
		else if (str_i64(text, INT64_MIN, INT64_MAX, &number))
			json_put_i64(writer, value->member, number);
		else
			return err_user(err, "--%s: expected a number, got \"%s\"", value->option, text);
		return 0;
	}
	return -EINVAL;
}

/* *ret_count: how many of the options were given; an empty one counts as none, as callers of other runtimes write it. */
static int append_values(const struct cli_options *options, struct str_buf *out, size_t *ret_count, struct err *err)
{
	struct json_writer writer = JSON_WRITER(out, 0);
	const char *object = NULL;

	*ret_count = 0;
	json_open_object(&writer, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
		const char *text = *(const char *const *)((const char *)options + values[i].offset);
		int r;

		if (!text || !*text)
			continue;
		if (object && !str_eq(object, values[i].object))
			json_close(&writer);
		if (!object || !str_eq(object, values[i].object))
			json_open_object(&writer, values[i].object);
		object = values[i].object;
		r = put_value(&writer, &values[i], text, err);
		if (r < 0)
			return r;
		++*ret_count;
	}
	if (object)
		json_close(&writer);
	json_close(&writer);
	return out->failed ? err_memory(err) : 0;
}

static int run(struct cli *cli, char **words, struct err *err)
{
	const struct cli_options *o = &cli->options;
	struct container_update_options options = { .id = words[0] };
	autobuf text = { 0 };
	size_t count;
	int r = append_values(o, &text, &count, err);

	if (r < 0)
		return r;
	if (o->update.kernel_memory || o->update.kernel_memory_tcp) {
		log_warning(
			"--kernel-memory and --kernel-memory-tcp are ignored: the kernel has no such limits any more");
		count++;
	}
	if (o->update.l3_cache_schema && *o->update.l3_cache_schema)
		options.l3_cache_schema = o->update.l3_cache_schema;
	if (o->update.mem_bw_schema && *o->update.mem_bw_schema)
		options.mem_bw_schema = o->update.mem_bw_schema;
	count += options.l3_cache_schema || options.mem_bw_schema;
	if (o->update.resources && *o->update.resources)
		options.resources_file = o->update.resources;
	else if (!count)
		return err_user(err, "nothing to change is given (\"%s help update\" lists the options)", cli->program);
	options.resources = text.data;
	return container_update(&cli->host, &options, err);
}

#define OPTIONS struct cli_options

static const struct option_row own_options[] = {
	OPTION_TEXT(OPTIONS, update.resources, "resources", 'r', "FILE", "JSON of linux.resources; -: standard input"),
	OPTION_TEXT(OPTIONS, update.memory, "memory", 0, "SIZE", "memory limit; -1: none"),
	OPTION_TEXT(OPTIONS, update.memory_reservation, "memory-reservation", 0, "SIZE", "memory that is kept for it"),
	OPTION_TEXT(OPTIONS, update.memory_swap, "memory-swap", 0, "SIZE", "limit of memory and swap together; -1: none"),
	OPTION_TEXT(OPTIONS, update.pids_limit, "pids-limit", 0, "N", "number of processes; -1: no limit"),
	OPTION_TEXT(OPTIONS, update.cpu_share, "cpu-share", 0, "N", "share of CPU time, against other groups"),
	OPTION_TEXT(OPTIONS, update.cpu_quota, "cpu-quota", 0, "USEC", "CPU time in each period; -1: no limit"),
	OPTION_TEXT(OPTIONS, update.cpu_period, "cpu-period", 0, "USEC", "length of the period"),
	OPTION_TEXT(OPTIONS, update.cpu_burst, "cpu-burst", 0, "USEC", "unused time that may be saved up"),
	OPTION_TEXT(OPTIONS, update.cpu_idle, "cpu-idle", 0, "0|1", "1: only time that nobody else wants"),
	OPTION_TEXT(OPTIONS, update.cpu_rt_runtime, "cpu-rt-runtime", 0, "USEC", "realtime in each realtime period"),
	OPTION_TEXT(OPTIONS, update.cpu_rt_period, "cpu-rt-period", 0, "USEC", "length of the realtime period"),
	OPTION_TEXT(OPTIONS, update.cpuset_cpus, "cpuset-cpus", 0, "LIST", "CPUs to run on, such as 0-3,7"),
	OPTION_TEXT(OPTIONS, update.cpuset_mems, "cpuset-mems", 0, "LIST", "memory nodes to use"),
	OPTION_TEXT(OPTIONS, update.blkio_weight, "blkio-weight", 0, "N", "share of block I/O, 10 to 1000"),
	OPTION_TEXT(OPTIONS, update.l3_cache_schema, "l3-cache-schema", 0, "LINE", "of linux.intelRdt, such as L3:0=7f;1=f"),
	OPTION_TEXT(OPTIONS, update.mem_bw_schema, "mem-bw-schema", 0, "LINE", "of linux.intelRdt, such as MB:0=50;1=100"),
	OPTION_TEXT(OPTIONS, update.kernel_memory, "kernel-memory", 0, "SIZE", "accepted, ignored with a warning"),
	OPTION_TEXT(OPTIONS, update.kernel_memory_tcp, "kernel-memory-tcp", 0, "SIZE", "accepted, ignored with a warning"),
	OPTION_END,
};

const struct cli_command cli_update = {
	.name = "update",
	.arguments = "ID",
	.summary = "Change the limits of a container",
	.details = "A SIZE is in bytes, or has a suffix: k, m, g, t. What is not given stays as it is; options come\n"
		   "before the values of --resources. Either all is changed or, when something is refused, nothing.",
	.options = { own_options },
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = run,
};
