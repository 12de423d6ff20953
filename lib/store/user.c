#include "store/user.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/path.h"
#include "store/options.h"

#define FILE_MAX (4u << 20) /* bytes */
#define ID_MAX	 (UINT32_MAX - 1)

/* Copy field `number` of the line at `text`.  Returns false when there is none, or it does not fit. */
static bool field(const char *text, unsigned int number, char *ret, size_t room)
{
	size_t size;

	while (number--) {
		text += strcspn(text, ":\n");
		if (*text++ != ':')
			return false;
	}
	size = strcspn(text, ":\n");
	if (size >= room)
		return false;
	memcpy(ret, text, size);
	ret[size] = '\0';
	return true;
}

static const char *next_line(const char *text)
{
	text = strchrnul(text, '\n');
	return *text ? text + 1 : NULL;
}

/* The line whose name (field 0) or number (field 2) is this. */
static const char *find_line(const char *text, const char *name)
{
	uint64_t wanted, id;
	const bool is_number = str_u64(name, ID_MAX, &wanted);
	char word[64];

	for (; text && *text; text = next_line(text)) {
		if (!is_number && field(text, 0, word, sizeof(word)) && str_eq(word, name))
			return text;
		if (is_number && field(text, 2, word, sizeof(word)) && str_u64(word, ID_MAX, &id) && id == wanted)
			return text;
	}
	return NULL;
}

static bool line_id(const char *line, unsigned int number, uint32_t *ret)
{
	char word[24];
	uint64_t id;

	if (!line || !field(line, number, word, sizeof(word)) || !str_u64(word, ID_MAX, &id))
		return false;
	*ret = (uint32_t)id;
	return true;
}

static bool is_member(const char *line, const char *user)
{
	char members[4096], *at = members;

	if (!field(line, 3, members, sizeof(members)))
		return false;
	for (char *word; (word = strsep(&at, ","));)
		if (str_eq(word, user))
			return true;
	return false;
}

static int add_groups(const char *user, const char *group, struct guest_user *ret, struct err *err)
{
	for (; group && *group; group = next_line(group)) {
		uint32_t *more, gid;

		if (!is_member(group, user) || !line_id(group, 2, &gid) || gid == ret->gid)
			continue;
		more = reallocarray(ret->groups, ret->group_count + 1, sizeof(*more));
		if (!more)
			return err_memory(err);
		ret->groups = more;
		ret->groups[ret->group_count++] = gid;
	}
	return 0;
}

int user_parse(const char *text, const char *passwd, const char *group, struct guest_user *ret, struct err *err)
{
	struct guest_user user = { 0 };
	char name[256], word[64];
	const char *colon = strchr(text, ':'), *line;
	uint64_t number;
	int r = 0;

	if ((size_t)snprintf(name, sizeof(name), "%.*s", (int)(colon ? colon - text : (int)strlen(text)), text) >=
		    sizeof(name) ||
	    !*name || (colon && !colon[1]))
		return err_user(err, "expected USER[:GROUP]");
	line = find_line(passwd, name);
	if (!line_id(line, 2, &user.uid)) {
		if (!str_u64(name, ID_MAX, &number))
			return err_user(err, "there is no user %s in the guest's /etc/passwd", name);
		user.uid = (uint32_t)number;
	}
	(void)line_id(line, 3, &user.gid); /* 0 where there is none */
	if (colon && !line_id(find_line(group, colon + 1), 2, &user.gid)) {
		if (!str_u64(colon + 1, ID_MAX, &number))
			return err_user(err, "there is no group %s in the guest's /etc/group", colon + 1);
		user.gid = (uint32_t)number;
	}
	/* a group that is named is the only one */
	if (!colon && line && field(line, 0, word, sizeof(word)))
		r = add_groups(word, group, &user, err);
	if (r < 0)
		free(user.groups);
	else
		*ret = user;
	return r;
}

/* Read a file of the guest's: of its writable layer if it is there, else of its image.  What is missing is empty. */
static int read_file(const struct guest_request *request, const char *name, char **ret, struct err *err)
{
	char upper[PATH_MAX];
	const char *const roots[] = { upper, request->rootfs ? request->rootfs : "/" };
	size_t size;

	(void)snprintf(upper, sizeof(upper), "%s/%s", request->guest->layers, request->rootfs ? "upper" : "root");
	for (size_t i = 0; i < ARRAY_SIZE(roots); i++) {
		autofd root = open(roots[i], O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1;
		char path[40];
		int r;

		if (root < 0)
			continue;
		r = path_open_if_exists(root, name, O_RDONLY, &fd, err);
		if (r == 1)
			continue;
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		return r < 0 ? r : file_read(AT_FDCWD, path, FILE_MAX, ret, &size, err);
	}
	*ret = strdup("");
	return *ret ? 0 : err_memory(err);
}

int user_find(const struct guest_request *request, const char *text, struct guest_user *ret, struct err *err)
{
	autofree char *passwd = NULL, *group = NULL;
	int r = read_file(request, "etc/passwd", &passwd, err);

	if (r == 0)
		r = read_file(request, "etc/group", &group, err);
	return r < 0 ? r : user_parse(text, passwd, group, ret, err);
}
