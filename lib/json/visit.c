#include <stdio.h>

#include "json/decode.h"

#define PATH_ROOM 256 /* far more than any table is deep */

void json_fields_visit(const struct field *fields, const char *prefix,
		       void (*visit)(void *data, const char *path, bool required), void *data)
{
	for (const struct field *field = fields; field->name; field++) {
		char path[PATH_ROOM], below[PATH_ROOM];

		(void)snprintf(path, sizeof(path), "%s%s", prefix, field->name);
		visit(data, path, field->flags & F_REQUIRED);
		if (!field->fields)
			continue;
		(void)snprintf(below, sizeof(below), "%s%s%s.", prefix, field->name,
			       field->kind == FIELD_ARRAY ? "[]"
			       : field->kind == FIELD_MAP ? "{}"
							  : "");
		json_fields_visit(field->fields, below, visit, data);
	}
}
