/* Statistics in the form of runc's `events`: its names, and with `compatible` its zeroes. */
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "container/stats.h"
#include "json/encode.h"

struct out {
	struct json_writer *w;
	bool compatible;
};

/* A number that runc leaves out when it is 0. */
static void put(const struct out *out, const char *key, struct opt_u64 value)
{
	if (value.is_set && (value.value || !out->compatible))
		json_put_u64(out->w, key, value.value);
}

/* A number that runc always writes. */
static void put_always(const struct out *out, const char *key, struct opt_u64 value)
{
	if (value.is_set || out->compatible)
		json_put_u64(out->w, key, value.is_set ? value.value : 0);
}

static void put_percent(const struct out *out, const char *key, uint32_t hundredths)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%u.%02u", hundredths / 100, hundredths % 100);
	json_put_number(out->w, key, text);
}

static void put_psi_line(const struct out *out, const char *key, const struct cgroup_psi_line *line)
{
	if (!line->is_set && !out->compatible)
		return;
	json_open_object(out->w, key);
	put_percent(out, "avg10", line->avg10);
	put_percent(out, "avg60", line->avg60);
	put_percent(out, "avg300", line->avg300);
	json_put_u64(out->w, "total", line->total);
	json_close(out->w);
}

static void put_psi(const struct out *out, const struct cgroup_psi *psi)
{
	if (!psi->some.is_set && !psi->full.is_set)
		return;
	json_open_object(out->w, "psi");
	put_psi_line(out, "some", &psi->some);
	put_psi_line(out, "full", &psi->full);
	json_close(out->w);
}

static void put_numbers(const struct out *out, const char *key, const struct cgroup_numbers *numbers)
{
	if (!numbers->count)
		return;
	json_open_array(out->w, key);
	for (size_t i = 0; i < numbers->count; i++)
		json_put_u64(out->w, NULL, numbers->items[i]);
	json_close(out->w);
}

static void put_cpu(const struct out *out, const struct cgroup_stats *stats)
{
	json_open_object(out->w, "cpu");
	json_open_object(out->w, "usage");
	put(out, "total", stats->cpu.total);
	put_numbers(out, "percpu", &stats->cpu.per_cpu);
	put_numbers(out, "percpu_kernel", &stats->cpu.per_cpu_system);
	put_numbers(out, "percpu_user", &stats->cpu.per_cpu_user);
	put_always(out, "kernel", stats->cpu.system);
	put_always(out, "user", stats->cpu.user);
	json_close(out->w);
	json_open_object(out->w, "throttling");
	put(out, "periods", stats->cpu.periods);
	put(out, "throttledPeriods", stats->cpu.throttled);
	put(out, "throttledTime", stats->cpu.throttled_time);
	json_close(out->w);
	put_psi(out, &stats->cpu.psi);
	json_close(out->w);
}

/* "0-2,5" as an array. */
static void put_list(const struct out *out, const char *key, const char *list)
{
	if (!list || !*list)
		return;
	json_open_array(out->w, key);
	while (*list) {
		char *end;
		unsigned long first = strtoul(list, &end, 10), last = first;

		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		for (; first <= last && first <= UINT16_MAX; first++)
			json_put_u64(out->w, NULL, first);
		if (*end != ',')
			break;
		list = end + 1;
	}
	json_close(out->w);
}

static void put_cpuset(const struct out *out, const struct cgroup_stats *stats)
{
	const struct opt_i64 *level = &stats->cpuset.sched_relax_domain_level;

	if (!out->compatible && !stats->cpuset.cpus)
		return;
	json_open_object(out->w, "cpuset");
	put_list(out, "cpus", stats->cpuset.cpus);
	put_always(out, "cpu_exclusive", stats->cpuset.cpu_exclusive);
	put_list(out, "mems", stats->cpuset.mems);
	put_always(out, "mem_hardwall", stats->cpuset.mem_hardwall);
	put_always(out, "mem_exclusive", stats->cpuset.mem_exclusive);
	put_always(out, "memory_migrate", stats->cpuset.memory_migrate);
	put_always(out, "memory_spread_page", stats->cpuset.memory_spread_page);
	put_always(out, "memory_spread_slab", stats->cpuset.memory_spread_slab);
	put_always(out, "memory_pressure", stats->cpuset.memory_pressure);
	put_always(out, "sched_load_balance", stats->cpuset.sched_load_balance);
	if (level->is_set || out->compatible)
		json_put_i64(out->w, "sched_relax_domain_level", level->is_set ? level->value : 0);
	json_close(out->w);
}

static void put_memory_entry(const struct out *out, const char *key, const struct cgroup_memory_entry *entry)
{
	if (!out->compatible && !entry->usage.is_set)
		return;
	json_open_object(out->w, key);
	put_always(out, "limit", entry->limit);
	put(out, "usage", entry->usage);
	put(out, "max", entry->peak);
	put_always(out, "failcnt", entry->failures);
	json_close(out->w);
}

static void put_memory_events(const struct out *out, const struct cgroup_stats *stats)
{
	if (!out->compatible && !stats->memory.oom_kill.is_set)
		return;
	json_open_object(out->w, "event_count");
	put(out, "low", stats->memory.low);
	put(out, "high", stats->memory.high);
	put(out, "max", stats->memory.max);
	put(out, "oom", stats->memory.oom);
	put(out, "oom_kill", stats->memory.oom_kill);
	put(out, "oom_group_kill", stats->memory.oom_group_kill);
	json_close(out->w);
}

static void put_memory(const struct out *out, const struct cgroup_stats *stats)
{
	json_open_object(out->w, "memory");
	put(out, "cache", stats->memory.cache);
	put_memory_entry(out, "usage", &stats->memory.memory);
	put_memory_entry(out, "swap", &stats->memory.swap);
	put_memory_entry(out, "kernel", &stats->memory.kernel);
	put_memory_entry(out, "kernelTCP", &stats->memory.kernel_tcp);
	if (stats->memory.raw.count) {
		json_open_object(out->w, "raw");
		for (size_t i = 0; i < stats->memory.raw.count; i++)
			json_put_u64(out->w, stats->memory.raw.items[i].name, stats->memory.raw.items[i].value);
		json_close(out->w);
	}
	put_psi(out, &stats->memory.psi);
	put_memory_events(out, stats);
	json_close(out->w);
}

static void put_pids(const struct out *out, const struct cgroup_stats *stats)
{
	if (!out->compatible && !stats->pids.current.is_set)
		return;
	json_open_object(out->w, "pids");
	put(out, "current", stats->pids.current);
	/* its word for none is 0 */
	if (stats->pids.limit.value != CGROUP_NO_LIMIT)
		put(out, "limit", stats->pids.limit);
	json_close(out->w);
}

static void put_io_items(const struct out *out, const char *key, const struct cgroup_io_items *items)
{
	if (!items->count)
		return;
	json_open_array(out->w, key);
	for (size_t i = 0; i < items->count; i++) {
		const struct cgroup_io_item *item = &items->items[i];

		json_open_object(out->w, NULL);
		put(out, "major", (struct opt_u64){ true, item->major });
		put(out, "minor", (struct opt_u64){ true, item->minor });
		if (item->op[0])
			json_put_string(out->w, "op", item->op);
		put(out, "value", (struct opt_u64){ true, item->value });
		json_close(out->w);
	}
	json_close(out->w);
}

static void put_io(const struct out *out, const struct cgroup_stats *stats)
{
	if (!out->compatible && !stats->io.is_set && !stats->io.psi.some.is_set)
		return;
	json_open_object(out->w, "blkio");
	put_io_items(out, "ioServiceBytesRecursive", &stats->io.bytes);
	put_io_items(out, "ioServicedRecursive", &stats->io.operations);
	put_io_items(out, "ioQueueRecursive", &stats->io.queued);
	put_io_items(out, "ioServiceTimeRecursive", &stats->io.service_time);
	put_io_items(out, "ioWaitTimeRecursive", &stats->io.wait_time);
	put_io_items(out, "ioMergedRecursive", &stats->io.merged);
	put_io_items(out, "ioTimeRecursive", &stats->io.time);
	put_io_items(out, "sectorsRecursive", &stats->io.sectors);
	put_psi(out, &stats->io.psi);
	json_close(out->w);
}

static void put_hugetlb(const struct out *out, const struct cgroup_stats *stats)
{
	if (!out->compatible && !stats->hugetlb.count)
		return;
	json_open_object(out->w, "hugetlb");
	for (size_t i = 0; i < stats->hugetlb.count; i++) {
		const struct cgroup_hugetlb_entry *item = &stats->hugetlb.items[i];

		json_open_object(out->w, item->size);
		put(out, "usage", item->pages.usage);
		put(out, "max", item->pages.peak);
		put_always(out, "failcnt", item->pages.failures);
		json_close(out->w);
	}
	json_close(out->w);
}

static void put_text(const struct out *out, const char *key, const char *text)
{
	if (text)
		json_put_string(out->w, key, text);
}

/* UINT64_MAX: it is not counted. */
static void put_count(const struct out *out, const char *key, uint64_t value)
{
	put(out, key, (struct opt_u64){ .is_set = value != UINT64_MAX, .value = value });
}

static void put_domains(const struct out *out, const struct resctrl_stats *stats)
{
	if (!stats->domain_count)
		return;
	json_open_array(out->w, "mbm_stats");
	for (size_t i = 0; i < stats->domain_count; i++) {
		json_open_object(out->w, NULL);
		put_count(out, "mbm_total_bytes", stats->domains[i].mbm_total_bytes);
		put_count(out, "mbm_local_bytes", stats->domains[i].mbm_local_bytes);
		json_close(out->w);
	}
	json_close(out->w);
	json_open_array(out->w, "cmt_stats");
	for (size_t i = 0; i < stats->domain_count; i++) {
		json_open_object(out->w, NULL);
		put_count(out, "llc_occupancy", stats->domains[i].llc_occupancy);
		json_close(out->w);
	}
	json_close(out->w);
}

static void put_cache(const struct out *out, const struct resctrl_stats *stats)
{
	if (stats->cbm_mask) {
		json_open_object(out->w, "l3_cache_info");
		json_put_string(out->w, "cbm_mask", stats->cbm_mask);
		json_put_u64(out->w, "min_cbm_bits", stats->min_cbm_bits);
		json_put_u64(out->w, "num_closids", stats->l3_num_closids);
		json_close(out->w);
	}
	put_text(out, "l3_cache_schema_root", stats->l3_root);
	put_text(out, "l3_cache_schema", stats->l3);
}

static void put_bandwidth(const struct out *out, const struct resctrl_stats *stats)
{
	if (stats->has_mb) {
		json_open_object(out->w, "mem_bw_info");
		json_put_u64(out->w, "bandwidth_gran", stats->bandwidth_gran);
		json_put_u64(out->w, "delay_linear", stats->delay_linear);
		json_put_u64(out->w, "min_bandwidth", stats->min_bandwidth);
		json_put_u64(out->w, "num_closids", stats->mb_num_closids);
		json_close(out->w);
	}
	put_text(out, "mem_bw_schema_root", stats->mb_root);
	put_text(out, "mem_bw_schema", stats->mb);
}

/* Of a container without such a group runc has an empty object. */
static void put_resctrl(const struct out *out, const struct container_stats *container)
{
	if (!container->has_resctrl && !out->compatible)
		return;
	json_open_object(out->w, "intel_rdt");
	if (container->has_resctrl) {
		put_cache(out, &container->resctrl);
		put_bandwidth(out, &container->resctrl);
		put_domains(out, &container->resctrl);
	}
	json_close(out->w);
}

static void put_interfaces(const struct out *out, const struct container_stats *stats)
{
	if (!stats->has_interfaces) {
		if (out->compatible)
			json_put_null(out->w, "network_interfaces");
		return;
	}
	json_open_array(out->w, "network_interfaces");
	for (size_t i = 0; i < stats->interface_count; i++) {
		const struct container_interface *item = &stats->interfaces[i];

		json_open_object(out->w, NULL);
		json_put_string(out->w, "Name", item->name);
		json_put_u64(out->w, "RxBytes", item->rx_bytes);
		json_put_u64(out->w, "RxPackets", item->rx_packets);
		json_put_u64(out->w, "RxErrors", item->rx_errors);
		json_put_u64(out->w, "RxDropped", item->rx_dropped);
		json_put_u64(out->w, "TxBytes", item->tx_bytes);
		json_put_u64(out->w, "TxPackets", item->tx_packets);
		json_put_u64(out->w, "TxErrors", item->tx_errors);
		json_put_u64(out->w, "TxDropped", item->tx_dropped);
		json_close(out->w);
	}
	json_close(out->w);
}

void container_stats_json(const struct container_stats *stats, bool compatible, const char *key,
			  struct json_writer *writer)
{
	const struct out out = { .w = writer, .compatible = compatible };

	json_open_object(writer, key);
	put_cpu(&out, &stats->cgroup);
	put_cpuset(&out, &stats->cgroup);
	put_memory(&out, &stats->cgroup);
	put_pids(&out, &stats->cgroup);
	put_io(&out, &stats->cgroup);
	put_hugetlb(&out, &stats->cgroup);
	put_resctrl(&out, stats);
	put_interfaces(&out, stats);
	json_close(writer);
}
