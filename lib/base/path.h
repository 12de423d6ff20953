/* Paths below a root that belongs to somebody hostile.
 *
 * Everything that kavel opens, makes or mounts inside a guest's rootfs goes through here.  A path is resolved
 * once, to a descriptor, and used through that descriptor; absolute symlinks and ".." stay inside the root, and
 * the magic links of procfs are refused (openat2(2) with RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS; where a
 * kernel or an outer seccomp filter has no openat2, a walk with one O_PATH | O_NOFOLLOW step per component).
 * Guards against CVE-2015-1335, CVE-2018-15664, CVE-2019-18837, CVE-2021-30465, CVE-2024-45310. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* Open `path` inside the directory `root`, whose own path is `root_name` for messages.  flags: of open(2);
 * O_CLOEXEC is added; O_CREAT is not allowed.  A FIFO or device that is opened for reading does not block
 * (O_NONBLOCK).  Errors: of openat2(2); the text names the path. */
int path_open(int root, const char *path, int flags, int *ret_fd, struct err *err);

/* The same, but "does not exist" is an answer: returns 1 and leaves *ret_fd alone for ENOENT and ENOTDIR. */
int path_open_if_exists(int root, const char *path, int flags, int *ret_fd, struct err *err);

enum path_answer { PATH_MISSING = 1, PATH_SYMLINK = 2 };

/* The same, but no symlink may be on the way: where this succeeds, the path means what it says.  "Does not exist" and
 * "a symlink is on the way" are answers: returns PATH_MISSING or PATH_SYMLINK and leaves *ret_fd alone. */
int path_open_literal(int root, const char *path, int flags, int *ret_fd, struct err *err);

/* Open the directory `path` inside `root`, O_PATH, making each missing component with `mode` (as the umask
 * allows).  Symlinks in it are followed inside the root, a dangling one to the place it names.
 * *ret_made (may be NULL): true when the last component was made.
 * Errors: ENOTDIR when a component is something else; ELOOP; those of mkdirat(2). */
int path_make_dir(int root, const char *path, mode_t mode, int *ret_fd, bool *ret_made, struct err *err);

/* Open the file `path` inside `root`, O_PATH, making missing directories (0755) and, when it does not exist,
 * an empty regular file with `mode` by mknodat(2), which opens nothing.  Whatever is there already is opened
 * as it is, except a directory (EISDIR). */
int path_make_file(int root, const char *path, mode_t mode, int *ret_fd, struct err *err);

/* Open the directory that holds the last component of `path` (missing directories are made), and copy that
 * component to `name`.  The last component itself is not resolved.  Errors: EINVAL when it is "", "." or "..". */
int path_make_parent(int root, const char *path, char name[256], int *ret_dir, struct err *err);

/* Check that the descriptor is of the file system `magic` (statfs(2)) and, if ino is not 0, has that inode
 * number.  Returns 0, or an error that names `what`. */
int path_verify_fs(int fd, uint64_t magic, uint64_t ino, const char *what, struct err *err);

/* True if the descriptor is the character device major:minor. */
bool path_is_char_device(int fd, unsigned int major, unsigned int minor);
