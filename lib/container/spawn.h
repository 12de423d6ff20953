/* The guest's process, as its parent sees it: made, awaited, and its failures explained. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

struct label_plan;
struct run;

/* Make the wire and the process that runs run->guest_table: with the namespaces of run->ns, or, when run->init is a pidfd,
 * beside that process.  Sets run->child and run->pidfd.  In the guest side it does not return. */
int spawn(struct run *run, struct err *err);

/* With run->init: wait until the launcher has made the process of the program.  Then run->child and run->pidfd are that process.
 * Errors: what the guest side told, or WIRE_GONE. */
int spawn_hear_birth(struct run *run, struct err *err);

/* Wait until the guest became the launcher and, unless that waits for start, executed the program.  Errors: what the guest
 * told, why execve(2) failed, or WIRE_GONE. */
int spawn_await(struct run *run, struct err *err);

/* After WIRE_GONE from anything on the wire: say how the process died and at which stage.  Returns -ECONNRESET. */
int spawn_explain_death(const struct run *run, struct err *err);

/* True if the process was killed before it ran at all, although it was born in a cgroup.  Linux 6.14 to 6.18 kill such a
 * process when the caller's own cgroup has been killed by cgroup.kill once and the new one has not (the two counters are
 * compared, kernel/cgroup/cgroup.c).  Then it is reaped, and everything is as before spawn(), except that a further process
 * will be born in the caller's cgroup, and move by itself. */
bool spawn_died_at_birth(struct run *run);

/* After a failure of a process that is our child: kill and reap it. */
void spawn_kill(struct run *run);

/* Say why the launcher of process `pid` could not execute `program`, by what is seen in that process's root.  stage: enum
 * launch_stage.  Returns -errno. */
int spawn_explain_launch(pid_t pid, const char *program, const struct label_plan *label, int number, int stage,
			 struct err *err);
