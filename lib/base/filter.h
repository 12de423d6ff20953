/* A compiled seccomp program: made by lib/seccomp, loaded by lib/process's launcher. */
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>

struct seccomp_filter {
	struct sock_filter *instructions; /* NULL: no filter */
	unsigned short count;
	unsigned int flags; /* of seccomp(2): SECCOMP_FILTER_FLAG_... */
};

/* Instructions that the kernel takes (BPF_MAXINSNS), and how many of them the launcher needs where there is a listener. */
#define FILTER_MAX	     BPF_MAXINSNS
#define FILTER_LISTENER_ROOM 26

/* Does somebody outside answer for calls (SCMP_ACT_NOTIFY)? */
static inline bool filter_has_listener(const struct seccomp_filter *filter)
{
	return filter && filter->instructions && (filter->flags & SECCOMP_FILTER_FLAG_NEW_LISTENER);
}
