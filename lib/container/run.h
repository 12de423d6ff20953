/* One operation on one side: what a stage has at hand. */
#pragma once

#include <limits.h>

#include "container/agent.h"
#include "container/hooks.h"
#include "container/plan.h"
#include "container/state.h"
#include "process/label.h"
#include "rootfs/rootfs.h"

struct step;

struct run {
	const struct plan *plan;
	struct state *state;  /* the guest side has a copy from the moment of the fork */
	bool is_guest;
	int wire;	      /* to the other side */
	int guest_wire;	      /* host side, until the clone: the guest's end */
	int listen;	      /* listening socket that `start` connects to; -1 with run */
	int terminal;	      /* master of the guest's terminal; -1: none */
	int notify;	      /* the guest's notify socket; -1: none */
	pid_t child;	      /* host side: the guest's process, */
	int pidfd;	      /* and its pidfd */
	int signals;	      /* exec in the foreground: foreground_open_signals(); -1: none */
	int init;	      /* exec: pidfd of the container's first process; -1 with create */
	bool lends;	      /* exec: its process runs in the memory of this one, until it is the launcher */
	struct ns_beside beside; /* exec: which of its namespaces are joined */
	const struct step *guest_table; /* what the guest side does */
	volatile int *progress; /* shared by both sides: the row of that table which the guest side is at, or PROGRESS_...; */
	volatile int own_progress; /* this, where memory is lent, else in a page of its own */
	struct agent agent;   /* host side: who answers for the filter */
	int cgroup;	      /* host side: the v2 group to be born in, or -1 */
	int delegated;	      /* cgroup.procs of the group below it that the guest manages; -1: none */
	struct cgroup_sub sub_group; /* exec: below the container's own, in v1 */
	/* guest side */
	struct ns_plan ns;    /* with the descriptors of joined namespaces */
	struct rootfs rootfs;
	struct env_plan env;  /* with HOME */
	struct arena arena;
	const char *program;  /* what execve(2) gets */
	int launcher;	      /* the launcher's memfd */
	struct label_files label_files;
	struct label_exec label;
	mode_t caller_umask;
	int start_connection; /* with startContainer hooks: accepted before they run */
	int hook_input;	      /* what these hooks read */
	struct hook_output hook_output; /* made by the host side */
};

#define PROGRESS_NOT_BORN (-1)	/* before the first row */
#define PROGRESS_READY	  (INT_MAX) /* it waits for start, without the launcher */

#define RUN_NONE                                                                                            \
	{ .wire = -1, .guest_wire = -1, .listen = -1, .terminal = -1, .notify = -1, .pidfd = -1, .init = -1, .signals = -1, .cgroup = -1, .delegated = -1,  \
	  .agent = AGENT_NONE, \
	  .rootfs = ROOTFS_CLOSED, .start_connection = -1, .hook_input = -1, .launcher = -1, .label_files = LABEL_FILES_CLOSED }

/* Release what the host side holds, if anything; afterwards it is as RUN_NONE. */
void run_close(struct run *run);
