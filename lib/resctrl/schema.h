/* Lines of `schemata`: "L3:0=7f0;1=1f". */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read the file of a group.  Returns 0 or -errno. */
int resctrl_schemata_read(int root, const char *group, char **ret);

/* True if the file's content `has` gives each resource and domain in the lines of `wanted` the value that stands there.  Masks
 * are compared as numbers, bandwidths in percent as the kernel rounds them, up to a multiple of `granularity` (0: exact). */
bool resctrl_schema_matches(const char *wanted, const char *has, unsigned int granularity);

/* The line of a resource in the content of `schemata`, without blanks before it and without its end.  Returns its length;
 * 0: there is none. */
size_t resctrl_schema_line(const char *schemata, const char *resource, const char **ret);
