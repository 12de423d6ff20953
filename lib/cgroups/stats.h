/* What a group has used: read from the files of its controllers, on any layout.
 *
 * What a host cannot tell (no such controller, an older kernel, a v1 hierarchy in which the container has no group) is not
 * set, and never 0.  Times are nanoseconds, sizes bytes. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "cgroups/cgroup.h"
#include "spec/spec.h"

/* A limit that is none. */
#define CGROUP_NO_LIMIT UINT64_MAX

/* Pressure stall information (Documentation/accounting/psi.rst). */
struct cgroup_psi_line {
	bool is_set;
	uint32_t avg10, avg60, avg300; /* hundredths of a percent */
	uint64_t total;		       /* microseconds, as the kernel counts them */
};
struct cgroup_psi {
	struct cgroup_psi_line some, full;
};

struct cgroup_numbers {
	uint64_t *items;
	size_t count;
};

struct cgroup_counter {
	const char *name;
	uint64_t value;
};
struct cgroup_counters {
	struct cgroup_counter *items;
	size_t count;
};

/* op: "Read", "Write", ... as v1 calls them; "" where there is one number for a device. */
struct cgroup_io_item {
	uint64_t major, minor, value;
	char op[12];
};
struct cgroup_io_items {
	struct cgroup_io_item *items;
	size_t count;
};

struct cgroup_memory_entry {
	struct opt_u64 usage, limit, peak, failures; /* limit: CGROUP_NO_LIMIT for none */
};

struct cgroup_hugetlb_entry {
	const char *size; /* "2MB" */
	struct cgroup_memory_entry pages;
};

struct cgroup_stats {
	struct {
		struct opt_u64 total, user, system;
		struct opt_u64 periods, throttled, throttled_time;
		struct cgroup_numbers per_cpu, per_cpu_user, per_cpu_system; /* v1 */
		struct cgroup_psi psi;
	} cpu;
	struct {
		const char *cpus, *mems; /* lists; NULL: not known */
		struct opt_u64 cpu_exclusive, mem_exclusive, mem_hardwall, memory_migrate, memory_spread_page,
			memory_spread_slab, memory_pressure, sched_load_balance;
		struct opt_i64 sched_relax_domain_level;
	} cpuset;
	struct {
		struct cgroup_memory_entry memory, swap, kernel, kernel_tcp; /* v1: swap counts memory too */
		struct opt_u64 cache;
		struct opt_u64 low, high, max, oom, oom_kill, oom_group_kill; /* events */
		struct cgroup_counters raw;				       /* memory.stat */
		struct cgroup_psi psi;
	} memory;
	struct {
		struct opt_u64 current, limit, peak;
	} pids;
	struct {
		bool is_set; /* `bytes` and `operations` were read, also when there were none */
		struct cgroup_io_items bytes, operations, queued, service_time, wait_time, merged, time, sectors;
		struct cgroup_psi psi;
	} io;
	struct {
		struct cgroup_hugetlb_entry *items;
		size_t count;
	} hugetlb;
};

enum cgroup_stats_detail {
	CGROUP_STATS_BRIEF, /* what a table shows */
	CGROUP_STATS_FULL,
};

/* Read them; what is pointed to lives in the arena.  Returns 0; 1 when the container has no group any more; or an error. */
int cgroup_stats_read(const struct cgroup_layout *layout, const struct cgroup_made *made, enum cgroup_stats_detail detail,
		      struct arena *arena, struct cgroup_stats *ret, struct err *err);

/* What an amount of I/O sums up to for `op` over all devices.  Returns false when it is not known. */
bool cgroup_stats_io_sum(const struct cgroup_stats *stats, const struct cgroup_io_items *items, const char *op,
			 uint64_t *ret);

/* Parse the text of a file; texts are changed.  What is not understood is passed over. */
void stats_parse_psi(char *text, struct cgroup_psi *ret);
bool stats_parse_number(const char *text, struct opt_u64 *ret); /* "max": CGROUP_NO_LIMIT */
