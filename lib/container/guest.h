/* The guest side of create and exec. */
#pragma once

struct run;

/* Run the table of the guest side (run->guest_table).  Does not return: the process becomes the launcher, or tells its
 * failure on the wire and ends. */
_Noreturn void guest_main(struct run *run);
