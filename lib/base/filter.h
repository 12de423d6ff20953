/* A compiled seccomp program: made by lib/seccomp, loaded by lib/process's launcher. */
#pragma once

#include <linux/filter.h>

struct seccomp_filter {
	struct sock_filter *instructions; /* NULL: no filter */
	unsigned short count;
	unsigned int flags; /* of seccomp(2): SECCOMP_FILTER_FLAG_... */
};
