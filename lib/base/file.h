/* Whole files.  Nothing here can be made to hang or to eat memory by what a path leads to: files are opened
 * O_NONBLOCK, must be regular (or of the kernel's own file systems) and are read up to a limit.  The exception says so. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* Read the file `path` below `dir` (AT_FDCWD: as given) into a fresh, NUL-terminated buffer that the caller
 * frees.  max: largest size in bytes that is accepted.  Errors: those of open(2) and read(2); EINVAL when it
 * is not a regular file; EFBIG when it is larger.  The text names the path. */
int file_read(int dir, const char *path, size_t max, char **ret_data, size_t *ret_size, struct err *err);

/* Read what the caller of this program names, which may be a pipe: the same for any kind of file, until its end, for
 * which it waits. */
int file_read_stream(const char *path, size_t max, char **ret_data, size_t *ret_size, struct err *err);

/* Read a short file of procfs, sysfs or cgroupfs into `data`, NUL-terminated, without its final newline.
 * Returns the length, or -errno (no text). */
ssize_t file_read_short(int dir, const char *path, char *data, size_t room);

/* Write `text` by one write(2) to an existing file, such as a kernel knob.  Returns 0 or -errno (no text:
 * the caller knows the property). */
int file_write_knob(int dir, const char *path, const char *text);

/* Make the file `name` with that content in a directory where nobody looks for it yet.  mode: as the umask allows.  Errors:
 * EEXIST.  On failure no file is left. */
int file_make(int dir, const char *name, const void *data, size_t size, mode_t mode, struct err *err);

/* Replace the file `name` in the directory `dir` atomically: a temporary file beside it, then rename(2).
 * mode: permission bits of the new file, as the umask allows.  On failure no temporary file is left. */
int file_replace(int dir, const char *name, const void *data, size_t size, mode_t mode, struct err *err);
