/* The guest's terminal: a pty made inside the guest's own devpts. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "spec/spec.h"

/* Make a pty of the devpts that is mounted at /dev/pts of the calling process's root, make its other end the standard
 * streams, and give it to `uid`.
 * size: as in process.consoleSize; unset: that of the terminal on standard input, if it is one.
 * is_first: also mount it on /dev/console, which is made when it is missing, and make it the controlling terminal of the caller, who
 * must lead a session without one.
 * *ret_master: the master, close-on-exec.
 *
 * No path that the image controls is trusted (CVE-2025-52565, CVE-2026-88264): the multiplexer is checked to be that of a
 * devpts, the other end is opened through the master (TIOCGPTPEER, ioctl_tty(2)), and mounted by descriptor.
 * Errors: /dev/pts is not a devpts; those of ioctl_tty(2) and move_mount(2). */
int terminal_make(uid_t uid, const struct spec_console_size *size, bool is_first, int *ret_master, struct err *err);
