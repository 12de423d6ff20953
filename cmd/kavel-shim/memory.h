/* Giving memory back: a shim does little for most of its life, and there may be a thousand of them. */
#pragma once

/* Call before anything is allocated. */
void memory_prepare(void);

/* For when nothing is going on: what was used of the stack below the caller, free parts of the heap, and the first time also the
 * pages of the program that only its beginning needs.  All comes back by itself. */
void memory_trim(void);
