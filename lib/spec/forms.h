/* Forms that strings of the document must have: each function says yes or no about one string. */
#pragma once

#include <stdbool.h>

/* A semantic version (semver.org 2.0.0).  *ret_major: its first number. */
bool form_is_version(const char *text, unsigned int *ret_major);

/* A list of CPUs or memory nodes as the kernel reads it: "0-3,7", also with strides ("0-31:2/8").  Blanks around the
 * items are allowed. */
bool form_is_number_list(const char *text);

/* The name of a network interface: 1 to 15 bytes without "/", ":", "%" and blanks. */
bool form_is_interface(const char *text);

/* The same, or a template of one: with one "%d", for which the kernel puts the lowest number that is free. */
bool form_is_interface_template(const char *text);

/* A line of resctrl's file `schemata`: RESOURCE:DOMAIN=VALUE;DOMAIN=VALUE..., with blanks allowed around each part. */
bool form_is_schema(const char *text);

/* A huge page size as in the names of cgroup files: "64KB", "2MB", "1GB". */
bool form_is_page_size(const char *text);

/* An item of an environment: KEY=VALUE with a key. */
bool form_is_environment(const char *text);

/* True if a component of the path is "..". */
bool form_leaves_directory(const char *path);
