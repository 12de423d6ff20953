/* Names of users, from /etc/passwd alone: no name service is asked, so nothing is loaded or waited for. */
#include <pwd.h>
#include <stdio.h>

#include "base/auto.h"
#include "cli.h"

const char *cli_owner_name(uid_t uid, char name[CLI_OWNER_MAX])
{
	autofile file = NULL;
	struct passwd *entry;

	if (uid == 0)
		return "root";
	(void)snprintf(name, CLI_OWNER_MAX, "#%u", uid);
	file = fopen("/etc/passwd", "re");
	while (file && (entry = fgetpwent(file)))
		if (entry->pw_uid == uid) {
			(void)snprintf(name, CLI_OWNER_MAX, "%s", entry->pw_name);
			break;
		}
	return name;
}
