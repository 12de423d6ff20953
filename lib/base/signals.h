/* Signals by name or number. */
#pragma once

#include "base/err.h"

/* The number of a signal given by name, with or without SIG, in any case ("kill", "RTMIN+3"), or as a number (0: only test).
 * Returns it, or -errno. */
int signal_number(const char *text, struct err *err);

#define SIGNAL_NAME_MAX 24
/* "SIGTERM", "SIGRTMIN+3"; the number when it has no name.  Returns `text`. */
const char *signal_name(int number, char text[SIGNAL_NAME_MAX]);
