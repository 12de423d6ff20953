#include <stdio.h>

#include "base/str.h"
#include "json/decode.h"

#define PATH_ROOM 256 /* far more than any table is deep */

/* What stands between the names of a member and of those below it. */
static const char *joint(const struct field *field)
{
	return field->kind == FIELD_ARRAY ? "[]." : field->kind == FIELD_MAP ? "{}." : ".";
}

void json_fields_visit(const struct field *fields, const char *prefix,
		       void (*visit)(void *data, const char *path, bool required), void *data)
{
	for (const struct field *field = fields; field->name; field++) {
		char path[PATH_ROOM], below[PATH_ROOM];

		(void)snprintf(path, sizeof(path), "%s%s", prefix, field->name);
		visit(data, path, field->flags & F_REQUIRED);
		if (!field->fields)
			continue;
		(void)snprintf(below, sizeof(below), "%s%s%s", prefix, field->name, joint(field));
		json_fields_visit(field->fields, below, visit, data);
	}
}

const struct field *json_fields_find(const struct field *fields, const char *path)
{
	for (const struct field *field = fields; field && field->name; field++) {
		const char *rest = str_after(path, field->name);

		if (rest && !*rest)
			return field;
		rest = rest ? str_after(rest, joint(field)) : NULL;
		if (rest)
			return json_fields_find(field->fields, rest);
	}
	return NULL;
}
