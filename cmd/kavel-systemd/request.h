/* The request on standard input: words, each ended by a NUL.  lib/cgroups/scope_run.c writes them. */
#pragma once

#include <stddef.h>
#include <systemd/sd-bus.h>

struct request {
	char *words;
	size_t size, at;
};

/* Read the request.  Returns 0 or -errno. */
int request_read(struct request *request);

/* The next word, or NULL. */
const char *request_next(struct request *request);

/* Append all properties that are left as "a(sv)".  Returns 0 or -errno; *ret_bad: what could not be appended. */
int request_append_properties(struct request *request, sd_bus_message *message, const char **ret_bad);
