/* One operation on one side: what a stage has at hand. */
#pragma once

#include "container/plan.h"
#include "container/state.h"
#include "rootfs/rootfs.h"

struct run {
	const struct plan *plan;
	struct state *state;  /* the guest side has a copy from the moment of the fork */
	bool is_guest;
	int wire;	      /* to the other side */
	int guest_wire;	      /* host side, until the clone: the guest's end */
	int listen;	      /* listening socket that `start` connects to; -1 with run */
	int notify;	      /* the guest's notify socket; -1: none */
	int pidfd;	      /* host side: the guest's process */
	int cgroup;	      /* host side: the v2 group to be born in, or -1 */
	/* guest side */
	struct ns_plan ns;    /* with the descriptors of joined namespaces */
	struct rootfs rootfs;
	struct env_plan env;  /* with HOME */
	struct arena arena;
	const char *program;  /* what execve(2) gets */
	mode_t caller_umask;
	int start_connection; /* with startContainer hooks: accepted before they run */
};
