/* Logs that are files: opening, limits, rotation.  What an entry looks like is the format's. */
#pragma once

#include "log_driver.h"

#define LOG_FIXED_MAX 128

struct log_format {
	/* What is the same in all entries of a chunk.  Returns its size. */
	size_t (*fixed)(const struct log_chunk *chunk, char out[LOG_FIXED_MAX]);
	/* The largest entry for a piece of so many bytes. */
	size_t (*room)(size_t size);
	/* Make the entry: one line.  Returns its size. */
	size_t (*entry)(const struct log_piece *piece, const char *fixed, size_t fixed_size, char *out);
};

int log_file_open(const struct log_target *target, void **ret_state, struct err *err);
size_t log_file_close(void *state);
int log_file_write(void *state, const struct log_chunk *chunk, size_t *done, struct err *err);
