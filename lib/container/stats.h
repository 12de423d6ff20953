/* What containers have used: their cgroups' statistics, and those of their network interfaces. */
#pragma once

#include "cgroups/stats.h"
#include "container/container.h"
#include "resctrl/resctrl.h"

struct container_interface {
	char name[16];
	uint64_t rx_bytes, rx_packets, rx_errors, rx_dropped;
	uint64_t tx_bytes, tx_packets, tx_errors, tx_dropped;
};

struct container_stats {
	char *id;
	pid_t pid;
	uint64_t time_ns; /* of a clock that only goes forward, when it was read: rates are differences */
	const char *lacks_cgroup; /* why `cgroup` is empty: "none", it never had one, or "removed"; NULL: it is not */
	struct cgroup_stats cgroup;
	bool has_resctrl; /* the container has linux.intelRdt, and detail was asked for */
	struct resctrl_stats resctrl;
	bool has_interfaces;
	struct container_interface *interfaces; /* without the loopback */
	size_t interface_count;
	struct arena arena;
};

struct container_stats_list {
	struct container_stats *items; /* in the order of the IDs */
	size_t count;
};

/* Statistics of the containers with these IDs (NULL-terminated), or of all that run.  A container that is named and does not
 * run is an error; others that end meanwhile are left out. */
int container_stats(const struct container_host *host, const char *const *ids, enum cgroup_stats_detail detail,
		    struct container_stats_list *ret, struct err *err);
void container_stats_free(struct container_stats_list *list);

/* The statistics of one container as runc's `events` writes them, without a newline.  compatible: numbers that are not known
 * are 0 where its readers expect a number; otherwise what is not known is left out. */
struct json_writer;
void container_stats_json(const struct container_stats *stats, bool compatible, const char *key, struct json_writer *writer);

/* Options of events. */
struct container_events_options {
	const char *id;
	uint64_t interval_ms; /* between two statistics */
	bool only_stats;      /* one statistics, and no more */
	/* gets each event, one line of JSON with its newline; not 0 ends the stream */
	int (*tell)(void *data, const struct str_buf *line, struct err *err);
	void *data;
};

/* Tell what happens in a running container until it ends. */
int container_events(const struct container_host *host, const struct container_events_options *options, struct err *err);
