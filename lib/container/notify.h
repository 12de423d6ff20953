/* sd_notify(3) across the guest's border.
 *
 * A caller that was started by a service manager has NOTIFY_SOCKET.  The guest cannot use that socket: its processes are
 * not of the caller's service.  So it gets one of its own, at /run/notify/notify.sock, and this side forwards what
 * concerns the service; a guest cannot name another main process or store descriptors. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

#define NOTIFY_DIR   "notify"	   /* in the container's state directory */
#define NOTIFY_GUEST "/run/notify" /* where that is mounted in the guest */

/* True if the caller has a NOTIFY_SOCKET. */
bool notify_is_wanted(void);

/* Make the directory to be mounted, below the container's state directory `dir`. */
int notify_make_dir(int dir, struct err *err);

/* Bind the guest's socket in it: a datagram socket that every user of the guest may send to. */
int notify_bind(int dir, int *ret_fd, struct err *err);

/* Forward one message that waits on `fd`.  pid: the guest's first process, told as MAINPID with READY=1.
 * Returns true when it said READY=1. */
bool notify_forward(int fd, pid_t pid);
/* The same to another socket than the caller's.  pid 0: no MAINPID is told. */
bool notify_forward_to(int fd, const char *target, pid_t pid);

/* Forward until READY=1, or until the process of `pidfd` ends. */
int notify_await_ready(int fd, pid_t pid, int pidfd, struct err *err);
