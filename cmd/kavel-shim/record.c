#include "record.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/signals.h"
#include "json/encode.h"

#define NS_PER_US 1000

int record_exit_code(const struct record *record)
{
	if (!record->has_status)
		return -1;
	return WIFSIGNALED(record->status) ? 128 + WTERMSIG(record->status) : WEXITSTATUS(record->status);
}

/* Nothing else ends the first process of a pid namespace by these signals: it has to ask for them (reboot(2), pid_namespaces(7)). */
static bool ended_by_reboot(const struct record *record, int signal)
{
	return record->has_status && record->has_pid_ns && WIFSIGNALED(record->status) &&
	       WTERMSIG(record->status) == signal;
}

bool record_rebooted(const struct record *record)
{
	return ended_by_reboot(record, SIGHUP);
}

bool record_powered_off(const struct record *record)
{
	return ended_by_reboot(record, SIGINT);
}

void record_put_time(struct json_writer *writer, const char *key, const struct timespec *when)
{
	char text[CLOCK_TEXT_MAX];

	if (!when->tv_sec) {
		json_put_null(writer, key);
		return;
	}
	clock_text(when, true, text);
	json_put_string(writer, key, text);
}

static void put_end(struct json_writer *writer, const struct record *record)
{
	bool has_signal = record->has_status && WIFSIGNALED(record->status);
	char name[SIGNAL_NAME_MAX];

	if (record->has_status)
		json_put_i64(writer, "exitCode", record_exit_code(record));
	else
		json_put_null(writer, "exitCode");
	json_put_string(writer, "signal", has_signal ? signal_name(WTERMSIG(record->status), name) : NULL);
	json_put_bool(writer, "coreDumped", has_signal && WCOREDUMP(record->status));
	json_put_bool(writer, "oomKilled", record->oom_kills > 0);
	json_put_bool(writer, "seccompKilled", has_signal && WTERMSIG(record->status) == SIGSYS);
	json_put_bool(writer, "rebooted", record_rebooted(record));
	json_put_bool(writer, "poweredOff", record_powered_off(record));
	json_put_bool(writer, "timedOut", record->timed_out);
}

static void put_usage(struct json_writer *writer, const struct rusage *usage)
{
	const struct timeval *user = &usage->ru_utime, *system = &usage->ru_stime;

	json_open_object(writer, "rusage");
	json_put_i64(writer, "userUs", (int64_t)user->tv_sec * 1000000 + user->tv_usec);
	json_put_i64(writer, "systemUs", (int64_t)system->tv_sec * 1000000 + system->tv_usec);
	json_put_i64(writer, "maxRssKiB", usage->ru_maxrss);
	json_put_i64(writer, "minorFaults", usage->ru_minflt);
	json_put_i64(writer, "majorFaults", usage->ru_majflt);
	json_put_i64(writer, "blocksIn", usage->ru_inblock);
	json_put_i64(writer, "blocksOut", usage->ru_oublock);
	json_put_i64(writer, "voluntarySwitches", usage->ru_nvcsw);
	json_put_i64(writer, "involuntarySwitches", usage->ru_nivcsw);
	json_close(writer);
}

/* ---------------------------------------------------------------- the group */

static void put_number(struct json_writer *writer, const char *key, const struct opt_u64 *number, uint64_t unit)
{
	if (number->is_set)
		json_put_u64(writer, key, number->value / unit);
}

static void put_cpu(struct json_writer *writer, const struct cgroup_stats *stats)
{
	if (!stats->cpu.total.is_set)
		return;
	json_open_object(writer, "cpu");
	put_number(writer, "totalUs", &stats->cpu.total, NS_PER_US);
	put_number(writer, "userUs", &stats->cpu.user, NS_PER_US);
	put_number(writer, "systemUs", &stats->cpu.system, NS_PER_US);
	put_number(writer, "throttledUs", &stats->cpu.throttled_time, NS_PER_US);
	json_close(writer);
}

static void put_memory(struct json_writer *writer, const struct record *record, const struct cgroup_stats *stats)
{
	bool has_kills = stats->memory.oom_kill.is_set || record->oom_kills;

	if (!stats->memory.memory.peak.is_set && !stats->memory.swap.peak.is_set && !has_kills)
		return;
	json_open_object(writer, "memory");
	put_number(writer, "peak", &stats->memory.memory.peak, 1);
	put_number(writer, "swapPeak", &stats->memory.swap.peak, 1);
	if (has_kills)
		json_put_u64(writer, "oomKills", record->oom_kills);
	json_close(writer);
}

static void put_psi_of(struct json_writer *writer, const char *key, const struct cgroup_psi *psi)
{
	if (!psi->some.is_set && !psi->full.is_set)
		return;
	json_open_object(writer, key);
	if (psi->some.is_set)
		json_put_u64(writer, "someTotalUs", psi->some.total);
	if (psi->full.is_set)
		json_put_u64(writer, "fullTotalUs", psi->full.total);
	json_close(writer);
}

static void put_psi(struct json_writer *writer, const struct cgroup_stats *stats)
{
	const struct cgroup_psi *const all[] = { &stats->cpu.psi, &stats->memory.psi, &stats->io.psi };
	bool is_there = false;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		is_there |= all[i]->some.is_set || all[i]->full.is_set;
	if (!is_there)
		return;
	json_open_object(writer, "psi");
	put_psi_of(writer, "cpu", &stats->cpu.psi);
	put_psi_of(writer, "memory", &stats->memory.psi);
	put_psi_of(writer, "io", &stats->io.psi);
	json_close(writer);
}

static const struct {
	const char *op, *bytes, *operations;
} io_names[] = {
	{ "Read", "readBytes", "readOperations" },
	{ "Write", "writeBytes", "writeOperations" },
	{ "Discard", "discardBytes", "discardOperations" },
};

/* The amounts of items[first]'s device. */
static void put_device(struct json_writer *writer, const struct cgroup_io_items *items, size_t first, bool are_bytes)
{
	const struct cgroup_io_item *device = &items->items[first];

	for (size_t i = 0; i < items->count; i++) {
		const struct cgroup_io_item *item = &items->items[i];

		if (item->major != device->major || item->minor != device->minor)
			continue;
		for (size_t n = 0; n < sizeof(io_names) / sizeof(io_names[0]); n++)
			if (str_eq(item->op, io_names[n].op))
				json_put_u64(writer, are_bytes ? io_names[n].bytes : io_names[n].operations,
					     item->value);
	}
}

/* The index of the first item of that device, or count. */
static size_t find_device(const struct cgroup_io_items *items, uint64_t major, uint64_t minor)
{
	size_t i = 0;

	while (i < items->count && (items->items[i].major != major || items->items[i].minor != minor))
		i++;
	return i;
}

static void put_io(struct json_writer *writer, const struct cgroup_stats *stats)
{
	const struct cgroup_io_items *bytes = &stats->io.bytes, *operations = &stats->io.operations;

	if (!stats->io.is_set)
		return;
	json_open_array(writer, "io");
	for (size_t i = 0; i < bytes->count; i++) {
		const struct cgroup_io_item *item = &bytes->items[i];
		size_t same = find_device(operations, item->major, item->minor);

		if (find_device(bytes, item->major, item->minor) < i)
			continue; /* it was told already */
		json_open_object(writer, NULL);
		json_put_u64(writer, "major", item->major);
		json_put_u64(writer, "minor", item->minor);
		put_device(writer, bytes, i, true);
		if (same < operations->count)
			put_device(writer, operations, same, false);
		json_close(writer);
	}
	json_close(writer);
}

static void put_group(struct json_writer *writer, const struct record *record, const struct cgroup_stats *stats)
{
	put_cpu(writer, stats);
	put_memory(writer, record, stats);
	if (stats->pids.peak.is_set) {
		json_open_object(writer, "pids");
		put_number(writer, "peak", &stats->pids.peak, 1);
		json_close(writer);
	}
	put_psi(writer, stats);
	put_io(writer, stats);
}

void record_text(const struct record *record, const struct cgroup_stats *stats, struct str_buf *out)
{
	struct json_writer writer = JSON_WRITER(out, 0);

	json_open_object(&writer, NULL);
	json_put_string(&writer, "id", record->id);
	json_put_i64(&writer, "pid", record->pid);
	put_end(&writer, record);
	json_put_u64(&writer, "restarts", record->restarts);
	record_put_time(&writer, "createdAt", &record->created);
	record_put_time(&writer, "startedAt", &record->started);
	record_put_time(&writer, "finishedAt", &record->finished);
	if (record->has_usage)
		put_usage(&writer, &record->usage);
	if (stats)
		put_group(&writer, record, stats);
	if (record->reason)
		json_put_string(&writer, "reason", record->reason);
	json_close(&writer);
	str_append(out, "\n");
}
