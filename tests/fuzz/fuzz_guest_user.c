/* Any texts as a guest's own /etc/passwd and /etc/group, in which the user is looked up that it shall run as: what comes of it are
 * IDs, or a refusal.
 *
 * An input is the user, a line break, the first file, an empty line, and the second. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "store/user.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort(); /* how a fuzzer is told */
}

/* Cut the text at the separator, and give what follows. */
static char *cut(char *text, const char *separator)
{
	char *at = strstr(text, separator);

	if (!at)
		return text + strlen(text);
	*at = '\0';
	return at + strlen(separator);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = strndup((const char *)data, size);
	struct guest_user user = { 0 };
	char *passwd, *group;
	struct err err;

	if (!text)
		return 0;
	passwd = cut(text, "\n");
	group = cut(passwd, "\n\n");
	if (user_parse(text, passwd, group, &user, &err) < 0) {
		must(err.text[0] && !user.groups);
		return 0;
	}
	/* the kernel takes that number for "leave it as it is" */
	must(user.uid != UINT32_MAX && user.gid != UINT32_MAX);
	for (size_t i = 0; i < user.group_count; i++)
		must(user.groups[i] != UINT32_MAX);
	must(!strchr(text, ':') || !user.group_count);
	free(user.groups);
	return 0;
}
