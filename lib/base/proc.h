/* Processes: telling one from another that later got the same number. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* What identifies a process for good.  `inode` is the pidfs inode number of its pidfd (unique since boot,
 * Linux 6.9 and later; 0 on older kernels); `start` is field 22 of /proc/PID/stat in clock ticks since boot. */
struct proc_id {
	pid_t pid;
	uint64_t inode;
	uint64_t start;
};

/* Read the identity of the process that `pidfd` refers to and whose number is `pid`.
 * Errors: ESRCH when it is gone. */
int proc_identify(int pidfd, pid_t pid, struct proc_id *ret, struct err *err);

/* Open a pidfd of exactly that process.  Returns 0; 1 when it no longer exists (also when it is a zombie
 * that waits to be reaped, or the number belongs to another process); or an error. */
int proc_open(const struct proc_id *id, int *ret_pidfd, struct err *err);

/* Read /proc/PID/stat: *ret_state its letter (R, S, Z, ...), *ret_start field 22.  Either may be NULL.
 * Returns 0 or -errno (-ESRCH: no such process); no text. */
int proc_stat(pid_t pid, char *ret_state, uint64_t *ret_start);

/* Wait until the process of the pidfd has ended.  timeout_ms: -1 waits for ever.  Returns 0, 1 when the time
 * was up, or an error. */
int proc_wait_end(int pidfd, int timeout_ms, struct err *err);

/* Reap a child that has ended or is about to, and has that pidfd.  A guest that traces it can keep it from us for as long as it likes.
 * timeout_ms: -1 waits for ever.  Returns 0; 1 when the time was up; or -errno (no text). */
int proc_reap(pid_t pid, int pidfd, int timeout_ms, int *ret_status);

/* Numbers of processes that are being collected. */
struct pid_list {
	pid_t *items; /* freed by the caller */
	size_t count, room;
};

/* Returns 0 or -ENOMEM (no text). */
int pid_list_add(struct pid_list *list, pid_t pid);

/* Order two of them, for qsort(3) and bsearch(3). */
int pid_compare(const void *a, const void *b);
