/* base/path.h as it works where the kernel has no openat2(2): the same source, with that call missing. */
#pragma once

#include "base/err.h"

int walked_open(int root, const char *path, int flags, int *ret_fd, struct err *err);
int walked_open_literal(int root, const char *path, int flags, int *ret_fd, struct err *err);
int walked_make_dir(int root, const char *path, unsigned int mode, int *ret_fd, bool *ret_made, struct err *err);
int walked_make_file(int root, const char *path, unsigned int mode, int *ret_fd, struct err *err);
