/* The host side of create, and how what it made is unmade. */
#pragma once

#include "base/err.h"

struct plan;
struct run;
struct state;

/* Take back all that the state says was made: the guest's processes, its cgroup, its directory.  A failing create, delete
 * and delete --force are this one function. */
int host_undo(struct state *state, struct err *err);

/* Run the table host_create.  On failure everything is undone, and poststop hooks have run if others had. */
int host_run(struct run *run, struct err *err);
