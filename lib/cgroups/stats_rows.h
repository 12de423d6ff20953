/* The files that statistics come from: rows of a table, and how each kind of file is read. */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "cgroups/stats.h"

/* Room for the text of one file. */
#define STATS_TEXT_MAX 65536

/* A key of a file with lines "key number". */
struct stats_key {
	const char *name; /* NULL ends the table */
	size_t offset;	  /* of a struct opt_u64 in struct cgroup_stats */
	uint64_t unit;	  /* what the number is multiplied by */
};

/* Put what the text says where the row says.  text: may be changed.  Returns 0 or -ENOMEM. */
struct stats_row;
typedef int stats_reader(const struct stats_row *row, char *text, struct arena *arena, struct cgroup_stats *stats);

struct stats_row {
	const char *controller; /* of v1; NULL ends the table */
	const char *legacy, *unified; /* files; NULL: none there */
	stats_reader *read;
	size_t offset;		      /* of what it sets */
	const struct stats_key *keys; /* of files with keys */
	unsigned int flags;
};
#define STATS_DETAIL 1u /* read for CGROUP_STATS_FULL alone */
#define STATS_ALWAYS 2u /* v2 has it without the controller */
#define STATS_FIRST  4u /* the first of its controller: without it v2 has none of the others */

extern const struct stats_row stats_rows[];
