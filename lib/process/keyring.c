#include "process/process.h"

#include <errno.h>
#include <linux/keyctl.h>
#include <stdio.h>

#include "base/sys.h"

int keyring_apply(const char *id, struct err *err)
{
	char name[300]; /* an ID has at most 255 bytes */

	(void)snprintf(name, sizeof(name), "_ses.%s", id);
	if (sys_keyctl(KEYCTL_JOIN_SESSION_KEYRING, (unsigned long)name, 0, 0) >= 0)
		return 0;
	/* no keyrings in this kernel; or an outer seccomp filter forbids them, to the guest as well */
	if (errno == ENOSYS || errno == EPERM)
		return 0;
	if (errno == EDQUOT) {
		err_sys(err, errno, "make the session keyring %s", name);
		return err_hint(err, "see kernel.keys.maxkeys, or use --no-new-keyring");
	}
	return err_sys(err, errno, "make the session keyring %s", name);
}
