/* Lengths of time as people and Go write them: "500ms", "5s", "1m30s", "1.5h". */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Parse one.  Returns true and sets *ret_ms, in milliseconds, when it is at most 24 hours: more than anybody waits for. */
bool duration_parse(const char *text, uint64_t *ret_ms);

/* The same, of any length up to max_ms. */
bool duration_parse_to(const char *text, uint64_t max_ms, uint64_t *ret_ms);
