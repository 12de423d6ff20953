/* exec: its plan and its stages. */
#pragma once

#include "container/container.h"
#include "container/plan.h"
#include "container/state.h"

/* What an exec adds to a plan: filled in by exec_plan(), used by the stage table guest_exec. */
struct exec_plan {
	struct plan plan;	      /* spec: the container's; process: the merged one */
	struct spec_process process;  /* the container's with the options put in, or that of the file */
	struct spec_document *file;   /* of --process */
};

/* Merge the container's configuration and the options.  *ret: all zero, but for its layout. exec_plan_free() in any case. */
int exec_plan_make(const struct container_host *host, const struct state *state,
		   const struct container_exec_options *options, struct exec_plan *ret, struct err *err);
void exec_plan_free(struct exec_plan *plan);
