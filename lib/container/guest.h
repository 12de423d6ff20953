/* The guest side of create. */
#pragma once

struct run;

/* Run the table guest_create.  Does not return: the process becomes the launcher, or tells its failure on the wire and
 * ends. */
_Noreturn void guest_main(struct run *run);
