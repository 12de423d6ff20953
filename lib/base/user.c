#include "base/user.h"

#include <pwd.h>
#include <stdio.h>

#include "base/auto.h"

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
