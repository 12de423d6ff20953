/* The guest side of create and exec. */
#pragma once

#include "base/err.h"

struct run;

/* Run the table of the guest side (run->guest_table).  Does not return: the process becomes the launcher, or tells its
 * failure on the wire and ends. */
_Noreturn void guest_main(struct run *run);

/* Rows of its table.  Without a process there is nothing to launch: the guest exists, and waits to be killed. */
int guest_wait_for_kill(struct run *run, struct err *err);

/* With startContainer hooks the guest side waits for start itself, as the launcher could not run them. */
int guest_await_start(struct run *run, struct err *err);
