/* Names of the unit and of its slice, see systemd.unit(5) and systemd.slice(5). */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "cgroups/scope.h"

#define PROPERTY    "linux.cgroupsPath"
#define SUFFIX	    ".scope"
#define SLICE	    ".slice"
#define FORM	    "the systemd cgroup manager needs the form slice:prefix:name"

static bool may_stand(char c)
{
	return isalnum((unsigned char)c) || (c && strchr(":-_.\\", c));
}

/* What no unit's name may have is written as systemd-escape(1) does: \xNN. */
static void append_escaped(struct str_buf *out, const char *text)
{
	for (; *text; text++) {
		if (may_stand(*text))
			str_append_n(out, text, 1);
		else
			str_append_f(out, "\\x%02x", (unsigned char)*text);
	}
}

static bool is_slice(const char *name)
{
	size_t size = strlen(name), stem = size - strlen(SLICE);

	if (size <= strlen(SLICE) || size >= SCOPE_UNIT_MAX || !str_eq(name + stem, SLICE))
		return false;
	if (str_eq(name, "-" SLICE))
		return true;
	for (size_t i = 0; i < stem; i++)
		if (!may_stand(name[i]) || name[i] == ':' ||
		    (name[i] == '-' && (i == 0 || i == stem - 1 || name[i - 1] == '-')))
			return false;
	return true;
}

/* Cut "slice:prefix:name" into its parts. */
static int cut(const char *text, struct arena *arena, char *parts[3], struct err *err)
{
	char *rest = arena_strdup(arena, text);

	if (!rest)
		return err_memory(err);
	for (int i = 0; i < 3; i++)
		parts[i] = i < 2 ? strsep(&rest, ":") : rest;
	if (!parts[2] || strchr(parts[2], ':') || strchr(text, '/'))
		return err_user(err, PROPERTY ": \"%s\": " FORM, text);
	for (const char *at = text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			return err_user(err, PROPERTY ": a control character in \"%s\"", text);
	return 0;
}

int scope_name(const char *cgroups_path, const char *default_name, struct arena *arena, struct scope_plan *scope,
	       struct err *err)
{
	char *parts[3] = { NULL };
	/* no scope is an instance of a template: "@" is not in its name, nor is ":" in an ID */
	char *name = arena_strdup(arena, default_name), *mark = name ? strchr(name, '@') : NULL;
	const char *prefix = "";
	autobuf unit = { 0 };

	if (!name)
		return err_memory(err);
	if (mark)
		*mark = ':';

	scope->slice = scope->is_user ? "user" SLICE : "system" SLICE;
	if (cgroups_path && *cgroups_path) {
		int r = cut(cgroups_path, arena, parts, err);

		if (r < 0)
			return r;
		if (*parts[0])
			scope->slice = parts[0];
		prefix = parts[1];
		name = parts[2];
	}
	if (!is_slice(scope->slice))
		return err_user(err, PROPERTY ": \"%s\" is not the name of a slice, such as a-b.slice", scope->slice);
	if (!*name)
		return err_user(err, PROPERTY ": \"%s\" has no name", cgroups_path);
	append_escaped(&unit, prefix);
	str_append(&unit, *prefix ? "-" : "");
	append_escaped(&unit, name);
	str_append(&unit, SUFFIX);
	if (unit.failed)
		return err_memory(err);
	if (unit.size >= SCOPE_UNIT_MAX)
		return err_user(err, PROPERTY ": the name of the unit, %s, is too long", unit.data);
	scope->unit = arena_strdup(arena, unit.data);
	return scope->unit ? 0 : err_memory(err);
}

const char *scope_path(const struct scope_plan *scope, struct arena *arena)
{
	const char *slice = scope->slice, *end = slice + strlen(slice) - strlen(SLICE);
	autobuf path = { 0 };

	if (scope->is_user)
		str_append_f(&path, "/user.slice/user-%u.slice/user@%u.service", getuid(), getuid());
	/* a-b.slice lies in a.slice, and -.slice is the root */
	for (const char *dash = slice; !str_eq(slice, "-" SLICE) && dash < end;) {
		dash = memchr(dash, '-', (size_t)(end - dash));
		dash = dash ? dash : end;
		str_append_f(&path, "/%.*s" SLICE, (int)(dash - slice), slice);
		dash++;
	}
	str_append_f(&path, "/%s%s%s", scope->unit, *scope->sub_group ? "/" : "", scope->sub_group);
	return path.failed ? NULL : arena_strdup(arena, path.data);
}
