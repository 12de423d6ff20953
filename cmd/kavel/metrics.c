/* The OpenMetrics text format, version 1.0.0: families by a table, each with its samples of all containers. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/auto.h"
#include "statsview.h"

enum family_kind { FAMILY_GAUGE, FAMILY_COUNTER };

/* One family, and how its samples of one container are written. */
struct family;
typedef void family_samples(const struct family *family, const struct container_stats *stats, struct str_buf *out);

struct family {
	const char *name, *unit; /* the name ends with its unit; NULL: none */
	enum family_kind kind;
	const char *help;
	family_samples *samples;
	size_t offset; /* of what it shows */
};

/* Guests name their interfaces: whatever is no plain character becomes "?". */
static void append_label(const char *name, const char *value, struct str_buf *out)
{
	str_append_f(out, "%s=\"", name);
	for (; *value; value++) {
		const char c = *value;

		if (c == '"' || c == '\\')
			str_append_n(out, "\\", 1);
		str_append_n(out, c >= 0x20 && c < 0x7f ? value : "?", 1);
	}
	str_append(out, "\"");
}

/* Name, labels and the blank before the value. */
static void begin_sample(const struct family *family, const struct container_stats *stats, struct str_buf *out)
{
	str_append_f(out, "%s%s{", family->name, family->kind == FAMILY_COUNTER ? "_total" : "");
	append_label("id", stats->id, out);
}

static void end_sample(uint64_t value, uint64_t per_second, struct str_buf *out)
{
	if (per_second == 1)
		str_append_f(out, "} %" PRIu64 "\n", value);
	else
		str_append_f(out, "} %" PRIu64 ".%0*" PRIu64 "\n", value / per_second, per_second == 1000000 ? 6 : 9,
			     value % per_second);
}

static void put_value(const struct family *family, const struct container_stats *stats, uint64_t per_second,
		      struct str_buf *out)
{
	const struct opt_u64 *value = (const struct opt_u64 *)((const char *)stats + family->offset);

	if (!value->is_set || value->value == CGROUP_NO_LIMIT)
		return;
	begin_sample(family, stats, out);
	end_sample(value->value, per_second, out);
}

static void put_number(const struct family *family, const struct container_stats *stats, struct str_buf *out)
{
	put_value(family, stats, 1, out);
}

static void put_seconds(const struct family *family, const struct container_stats *stats, struct str_buf *out)
{
	put_value(family, stats, 1000000000, out);
}

static void put_io(const struct family *family, const struct container_stats *stats, struct str_buf *out)
{
	const struct cgroup_io_items *items = (const struct cgroup_io_items *)((const char *)stats + family->offset);

	for (size_t i = 0; i < items->count; i++) {
		const struct cgroup_io_item *item = &items->items[i];

		begin_sample(family, stats, out);
		str_append_f(out, ",device=\"%" PRIu64 ":%" PRIu64 "\",", item->major, item->minor);
		append_label("operation", item->op, out);
		end_sample(item->value, 1, out);
	}
}

static void put_interface(const struct family *family, const struct container_stats *stats, struct str_buf *out)
{
	for (size_t i = 0; i < stats->interface_count; i++) {
		const char *item = (const char *)&stats->interfaces[i];

		begin_sample(family, stats, out);
		str_append(out, ",");
		append_label("interface", stats->interfaces[i].name, out);
		end_sample(*(const uint64_t *)(item + family->offset), 1, out);
	}
}

static void put_pressure(const struct family *family, const struct container_stats *stats, struct str_buf *out)
{
	static const struct {
		const char *resource;
		size_t offset;
	} all[] = {
		{ "cpu", offsetof(struct container_stats, cgroup.cpu.psi) },
		{ "memory", offsetof(struct container_stats, cgroup.memory.psi) },
		{ "io", offsetof(struct container_stats, cgroup.io.psi) },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const char *psi = (const char *)stats + all[i].offset;
		const struct cgroup_psi_line *line = (const struct cgroup_psi_line *)(psi + family->offset);

		if (!line->is_set)
			continue;
		begin_sample(family, stats, out);
		str_append(out, ",");
		append_label("resource", all[i].resource, out);
		end_sample(line->total, 1000000, out);
	}
}

#define AT(member)	  offsetof(struct container_stats, cgroup.member)
#define AT_NET(member)	  offsetof(struct container_interface, member)
#define COUNTER(name, unit, samples, at, help)	{ name, unit, FAMILY_COUNTER, help, samples, at }
#define GAUGE(name, unit, samples, at, help)	{ name, unit, FAMILY_GAUGE, help, samples, at }

static const struct family families[] = {
	COUNTER("kavel_cpu_usage_seconds", "seconds", put_seconds, AT(cpu.total), "CPU time."),
	COUNTER("kavel_cpu_user_seconds", "seconds", put_seconds, AT(cpu.user), "CPU time in user mode."),
	COUNTER("kavel_cpu_system_seconds", "seconds", put_seconds, AT(cpu.system), "CPU time in the kernel."),
	COUNTER("kavel_cpu_periods", NULL, put_number, AT(cpu.periods), "Periods of the CPU quota."),
	COUNTER("kavel_cpu_throttled_periods", NULL, put_number, AT(cpu.throttled), "Periods in which the quota ran out."),
	COUNTER("kavel_cpu_throttled_seconds", "seconds", put_seconds, AT(cpu.throttled_time),
		"Time for which the quota held processes back."),
	GAUGE("kavel_memory_usage_bytes", "bytes", put_number, AT(memory.memory.usage), "Memory in use."),
	GAUGE("kavel_memory_peak_bytes", "bytes", put_number, AT(memory.memory.peak), "The most memory that was in use."),
	GAUGE("kavel_memory_limit_bytes", "bytes", put_number, AT(memory.memory.limit), "Memory limit, where there is one."),
	COUNTER("kavel_memory_oom_kills", NULL, put_number, AT(memory.oom_kill), "Processes killed for lack of memory."),
	GAUGE("kavel_pids", NULL, put_number, AT(pids.current), "Processes and threads."),
	GAUGE("kavel_pids_limit", NULL, put_number, AT(pids.limit), "Limit of processes, where there is one."),
	COUNTER("kavel_io_bytes", "bytes", put_io, AT(io.bytes), "Bytes of block I/O."),
	COUNTER("kavel_io_operations", NULL, put_io, AT(io.operations), "Operations of block I/O."),
	COUNTER("kavel_network_receive_bytes", "bytes", put_interface, AT_NET(rx_bytes), "Bytes received."),
	COUNTER("kavel_network_receive_packets", NULL, put_interface, AT_NET(rx_packets), "Packets received."),
	COUNTER("kavel_network_receive_errors", NULL, put_interface, AT_NET(rx_errors), "Errors of receiving."),
	COUNTER("kavel_network_receive_dropped", NULL, put_interface, AT_NET(rx_dropped), "Packets dropped of those received."),
	COUNTER("kavel_network_transmit_bytes", "bytes", put_interface, AT_NET(tx_bytes), "Bytes sent."),
	COUNTER("kavel_network_transmit_packets", NULL, put_interface, AT_NET(tx_packets), "Packets sent."),
	COUNTER("kavel_network_transmit_errors", NULL, put_interface, AT_NET(tx_errors), "Errors of sending."),
	COUNTER("kavel_network_transmit_dropped", NULL, put_interface, AT_NET(tx_dropped), "Packets dropped of those to send."),
	COUNTER("kavel_pressure_waiting_seconds", "seconds", put_pressure, offsetof(struct cgroup_psi, some),
		"Time in which some process waited for the resource."),
	COUNTER("kavel_pressure_stalled_seconds", "seconds", put_pressure, offsetof(struct cgroup_psi, full),
		"Time in which all processes waited for the resource."),
};

void stats_append_metrics(const struct container_stats_list *list, struct str_buf *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		const struct family *family = &families[i];

		str_append_f(out, "# TYPE %s %s\n", family->name, family->kind == FAMILY_COUNTER ? "counter" : "gauge");
		if (family->unit)
			str_append_f(out, "# UNIT %s %s\n", family->name, family->unit);
		str_append_f(out, "# HELP %s %s\n", family->name, family->help);
		for (size_t k = 0; k < list->count; k++)
			family->samples(family, &list->items[k], out);
	}
	str_append(out, "# EOF\n");
}
