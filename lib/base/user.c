#include "base/user.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "base/sys.h"

const char *user_name(uid_t uid, char name[USER_NAME_MAX])
{
	autofile file = NULL;
	const struct passwd *entry;

	if (uid == 0)
		return "root";
	file = fopen("/etc/passwd", "re");
	while (file && (entry = fgetpwent(file)))
		if (entry->pw_uid == uid) {
			(void)snprintf(name, USER_NAME_MAX, "%s", entry->pw_name); /* a longer one is cut */
			return name;
		}
	return NULL;
}

bool user_has_capability(int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	return sys_capget(&header, data) == 0 && (data[CAP_TO_INDEX(capability)].effective & CAP_TO_MASK(capability));
}

bool user_is_host_root(void)
{
	const char *runtime = getenv("XDG_RUNTIME_DIR");

	return getauxval(AT_EUID) == 0 && (!runtime || !*runtime || user_ns_is_initial());
}

bool user_ns_is_initial(void)
{
	char text[64];

	/* one line that maps all IDs to themselves, as the kernel writes it */
	return file_read_short(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text)) > 0 &&
	       str_eq(text, "         0          0 4294967295");
}
