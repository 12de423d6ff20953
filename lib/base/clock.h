/* Time as text, and time that only goes forward. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define CLOCK_TEXT_MAX 40

/* A point of CLOCK_REALTIME in UTC as RFC 3339 has it: "2026-01-02T03:04:05Z", or with nine digits of nanoseconds.
 * Unlike gmtime(3) it never reads the time zone's file. */
void clock_text(const struct timespec *when, bool nanoseconds, char text[CLOCK_TEXT_MAX]);

/* The reverse, of any zone: "2026-01-02T03:04:05.123+01:00".  What is missing from the right counts as zero, and the zone as UTC:
 * "2026-01-02".  Returns false if it is no such text. */
bool clock_parse(const char *text, size_t size, struct timespec *ret);

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t clock_ms(void);
