#include <jansson.h>
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

static const struct field *find_row(const struct field *fields, const char *name)
{
	while (fields->name && !str_eq(fields->name, name))
		fields++;
	return fields->name ? fields : NULL;
}

static void visit_below(const json_t *value, const struct field *field, const char *path,
			void (*visit)(void *data, const char *path), void *data)
{
	char place[PATH_ROOM];
	const char *key;
	json_t *element;
	size_t i;

	if (field->kind == FIELD_OBJECT)
		json_visit_unknown(value, field->fields, path, visit, data);
	if (field->kind == FIELD_ARRAY)
		json_array_foreach(value, i, element)
		{
			(void)snprintf(place, sizeof(place), "%.200s[%zu]", path, i);
			json_visit_unknown(element, field->fields, place, visit, data);
		}
	if (field->kind == FIELD_MAP)
		json_object_foreach((json_t *)(uintptr_t)value, key, element) {
			(void)snprintf(place, sizeof(place), "%.150s[\"%.80s\"]", path, key);
			json_visit_unknown(element, field->fields, place, visit, data);
		}
}

void json_visit_unknown(const json_t *value, const struct field *fields, const char *place,
			void (*visit)(void *data, const char *path), void *data)
{
	const char *name;
	json_t *below;

	json_object_foreach((json_t *)(uintptr_t)value, name, below) {
		const struct field *field = find_row(fields, name);
		char path[PATH_ROOM];

		(void)snprintf(path, sizeof(path), "%.150s%s%.100s", place, *place ? "." : "", name);
		if (!field)
			visit(data, path);
		else if (field->fields)
			visit_below(below, field, path, visit, data);
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
