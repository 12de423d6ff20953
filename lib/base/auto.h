/* Clean-up attributes: a variable declared with one of these releases what it holds when it leaves
 * scope.  take_fd() and take_ptr() hand the value over and leave the variable empty. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Close *fd if it is open; errno is kept, so that a failure path may rely on it. */
static inline void auto_close(const int *fd)
{
	if (*fd >= 0) {
		int saved = errno;

		(void)close(*fd); /* nothing can be done about a failing close here */
		errno = saved;
	}
}

static inline void auto_free(void *slot)
{
	void **ptr = slot;

	free(*ptr);
}

static inline void auto_fclose(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

static inline void auto_closedir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

#define autofd	 __attribute__((cleanup(auto_close))) int
#define autofree __attribute__((cleanup(auto_free)))
#define autofile __attribute__((cleanup(auto_fclose))) FILE *
#define autodir	 __attribute__((cleanup(auto_closedir))) DIR *

/* Return *fd and leave -1 behind: the caller owns the descriptor from now on. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Return *ptr and leave NULL behind. */
#define take_ptr(ptr)                           \
	({                                      \
		__typeof__(ptr) taken__ = (ptr); \
		(ptr) = NULL;                   \
		taken__;                        \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
