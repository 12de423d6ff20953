#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>

#include "base/sys.h"
#include "seccomp/library.h"
#include "seccomp/seccomp.h"

int seccomp_apply(const struct seccomp_filter *program, struct err *err)
{
	struct sock_fprog filter = { .len = program->count, .filter = program->instructions };
	int r;

	if (!program->instructions || !program->count)
		return 0;
	r = sys_seccomp(SECCOMP_SET_MODE_FILTER, program->flags, &filter);
	if (r < 0 && errno == EACCES)
		return err_set(err, EACCES, "load the seccomp filter: neither no_new_privs nor CAP_SYS_ADMIN");
	if (r < 0)
		return err_sys(err, errno, "load the seccomp filter of %u instructions", program->count);
	/* SECCOMP_FILTER_FLAG_TSYNC tells the first thread that could not follow */
	if (r > 0)
		return err_set(err, EBUSY, "load the seccomp filter: thread %d has another one", r);
	return 0;
}

const char *seccomp_library_version(void)
{
	static char text[40];
	struct seccomp_library library;
	const struct scmp_version *version;
	struct err unused;

	if (seccomp_library_open(&library, &unused) < 0)
		return NULL;
	version = library.version();
	(void)snprintf(text, sizeof(text), "%u.%u.%u", version->major, version->minor, version->micro); /* fits */
	seccomp_library_close(&library);
	return text;
}
