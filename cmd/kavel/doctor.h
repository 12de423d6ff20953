/* doctor: what a host has and lacks.  Each check is a row: a name, and a function that tells what it found.
 *
 * Files of the host are read below --host DIR where that is given, such as a mounted image; what can only be asked of the
 * running kernel is then asked of that.  Nothing is changed by a check. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "cli.h"

enum doctor_status { DOCTOR_OK, DOCTOR_WARN, DOCTOR_FAIL };

struct doctor_finding {
	const char *check;
	enum doctor_status status;
	const char *text;   /* what there is */
	const char *change; /* what to change; NULL: nothing */
};

struct doctor {
	struct cli *cli;
	const char *host;  /* put before paths; "": this host */
	const char *check; /* whose turn it is */
	bool is_root;	   /* of the host */
	struct arena arena;
	struct doctor_finding *items;
	size_t count, room;
	bool failed; /* memory ran out */
};

struct doctor_check {
	const char *name;
	void (*run)(struct doctor *doctor);
};

/* Tables of the checks, each ended by a row without name. */
extern const struct doctor_check doctor_kernel_checks[], doctor_user_checks[], doctor_cgroup_checks[],
	doctor_state_checks[], doctor_engine_checks[];

/* Add a finding.  change: NULL with DOCTOR_OK. */
void doctor_tell(struct doctor *doctor, enum doctor_status status, const char *change, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* The path of a file of the host; "" when memory ran out. */
const char *doctor_path(struct doctor *doctor, const char *path);

/* The text of a file of the host, which belongs to the doctor's arena; NULL: there is none, or it cannot be read. */
char *doctor_read(struct doctor *doctor, const char *path);

/* The first line of such a file as a number, or `otherwise`. */
long doctor_read_number(struct doctor *doctor, const char *path, long otherwise);

/* True if there is such a file. */
bool doctor_has(struct doctor *doctor, const char *path);

/* The path of a program in the usual folders, or NULL. */
const char *doctor_find_program(struct doctor *doctor, const char *name);

/* Visit the files of a folder whose names end so, in their order: those with settings that add to each other. */
void doctor_each_file(struct doctor *doctor, const char *folder, const char *ending,
		      void (*visit)(struct doctor *doctor, const char *path, void *data), void *data);

/* Engines' configuration in TOML, as far as it is needed: visit each key of a document with the header of its table as it is
 * written ("engine.runtimes") and its value, of several lines where brackets are open, comments taken out.  text is changed. */
void toml_each(char *text, void (*visit)(void *data, const char *table, const char *key, const char *value), void *data);

/* True if the value has this string in quotes, whole. */
bool toml_has_string(const char *value, const char *string);
