/* For tests of what a process does to itself. */
#pragma once

#include <stdbool.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define STRINGS(...) { (const char *[]){ __VA_ARGS__ }, COUNT(((const char *[]){ __VA_ARGS__ })) }

/* Run `child` in a fork, where it may change what it likes.  Returns true when it returned true and no check failed in it. */
bool in_child(bool (*child)(void));

/* True as root; otherwise the running test is marked as skipped. */
bool is_root(void);

/* True if the first line of the file is `wanted`. */
bool file_is(const char *path, const char *wanted);
