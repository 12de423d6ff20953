/* The files of one log, by the names that rotation gives them. */
#pragma once

#include <sys/types.h>

#include "logs/reader.h"

#define LOG_ENTRY_MAX (1 << 20) /* bytes; a longer line is no entry */

static inline bool log_time_is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

/* Open PATH, or PATH.NUMBER if that is not 0.  Returns 0, 1 if it does not exist, or an error. */
int log_files_open(const char *path, unsigned int number, int *ret_fd, struct err *err);
int log_files_open_oldest(const char *path, int *ret_fd, struct err *err);
/* Open the file that was begun after this one.  Returns 1; 0 if it is the newest; or an error. */
int log_files_open_next(const char *path, int fd, int *ret_fd, struct err *err);

/* log_reader_go_to_last(): the file, and the place in it. */
int log_files_find_last(const char *path, uint64_t count, const struct log_filter *filter, int *ret_fd, off_t *ret_offset,
			struct err *err);
