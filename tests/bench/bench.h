/* The benchmark of container runtimes: shared by its files. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define RUNTIMES_MAX 12
#define ARGS_MAX 16
#define BATCH 100   /* runs in the operations batch and parallel */
#define PARALLEL 8  /* at a time */
#define BINDS 100   /* bind mounts in the operation run-binds */

/* What is measured; one row of the table each. */
enum op {
	OP_RUN,
	OP_CYCLE, /* create + start + delete --force */
	OP_CREATE,
	OP_START,
	OP_STATE,
	OP_EXEC,
	OP_KILL,
	OP_DELETE,
	OP_LIST,
	OP_BATCH,
	OP_PARALLEL,
	OP_BINDS,
	OP_SECCOMP,
	OP_LIMITS, /* create with limits */
	OP_COUNT,
};

struct op_info {
	const char *name, *text;
};
extern const struct op_info op_infos[OP_COUNT];

/* One runtime, and everything that was measured of it. */
struct runtime {
	const char *name, *path;
	char root[128]; /* its --root */
	bool has_list_guests;
	struct {
		double *samples; /* microseconds */
		size_t count;
		bool lacks; /* it failed: no figures, and why */
		char why[200];
		long peak_kib, syscalls;
	} ops[OP_COUNT];
};

struct bench {
	struct runtime runtimes[RUNTIMES_MAX];
	size_t runtime_count, base;
	bool wanted[OP_COUNT];
	int rounds, list_guests;
	bool trace; /* memory and system calls, too */
	const char *guest, *seccomp, *csv;
	char folder[64];
	int null_fd, err_fd;
};

/* spec.c: the bundles "plain" (guest exits), "wait" (guest waits), "binds", "seccomp" and "limits" below bench->folder. */
int bundles_make(struct bench *bench);

/* trace.c: run a command to its end under ptrace(2).  Returns its exit status as of waitpid(2), or -1.  ret_peak: the
 * peak of the resident memory of its first process, KiB; ret_syscalls: the system calls of all its processes. */
int trace_run(const struct bench *bench, char *const *args, long *ret_peak, long *ret_syscalls);

/* ops.c */
pid_t spawn(const struct bench *bench, char *const *args);
void measure(struct bench *bench, struct runtime *runtime, int round);
int list_guests_make(struct bench *bench, struct runtime *runtime);
void list_guests_remove(struct bench *bench, struct runtime *runtime);

/* report.c */
void report(const struct bench *bench);
int report_csv(const struct bench *bench);
