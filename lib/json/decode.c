#include "json/decode.h"

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "json/read.h"

/* Where in the document the decoder is: a chain on the stack, made into text only for a message. */
struct place {
	enum { PLACE_BASE, PLACE_MEMBER, PLACE_INDEX, PLACE_KEY } kind;
	const struct place *up;
	const char *name; /* BASE, MEMBER, KEY */
	size_t index;	  /* INDEX */
};

struct decoder {
	struct arena *arena;
	struct err *err;
};

/* What lists and optionals look like, whatever their type; the macros of the header make sure of it. */
struct any_list {
	void *items;
	size_t count;
};
struct any_pair {
	const char *key, *value;
};
struct any_opt_bool {
	bool is_set, value;
};
struct any_opt_i64 {
	bool is_set;
	int64_t value;
};
struct any_opt_u64 {
	bool is_set;
	uint64_t value;
};

#define SHOWN_MAX 200 /* bytes of a value that a message quotes */

/* ---------------------------------------------------------------- messages */

static size_t place_text(const struct place *place, char *text, size_t room)
{
	size_t used = place->up ? place_text(place->up, text, room) : 0;
	int more = 0;

	switch (place->kind) {
	case PLACE_BASE:
		more = snprintf(text, room, "%s", place->name);
		break;
	case PLACE_MEMBER:
		more = snprintf(text + used, room - used, "%s%.*s", used ? "." : "", SHOWN_MAX, place->name);
		break;
	case PLACE_INDEX:
		more = snprintf(text + used, room - used, "[%zu]", place->index);
		break;
	case PLACE_KEY:
		more = snprintf(text + used, room - used, "[\"%.*s\"]", SHOWN_MAX, place->name);
		break;
	}
	used += more > 0 ? (size_t)more : 0;
	return used < room ? used : room - 1;
}

__attribute__((format(printf, 3, 4), cold)) static int fail(const struct decoder *d, const struct place *place,
							    const char *format, ...)
{
	char where[600], what[800];
	va_list args;

	place_text(place, where, sizeof(where));
	va_start(args, format);
	(void)vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return err_user(d->err, "%s%s%s", where, *where ? ": " : "", what);
}

static int fail_type(const struct decoder *d, const struct place *place, const char *wanted, const json_t *value)
{
	return fail(d, place, "expected %s, got %s", wanted, json_type_name(value));
}

/* ---------------------------------------------------------------- strings */

static bool has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static int check_string(const struct decoder *d, const struct field *field, const struct place *place, const char *text)
{
	if ((field->flags & F_FILLED) && field->kind == FIELD_STR && !*text)
		return fail(d, place, "must not be empty");
	if ((field->flags & F_ABSOLUTE) && *text != '/')
		return fail(d, place, "expected an absolute path, got \"%.*s\"", SHOWN_MAX, text);
	if ((field->flags & (F_ABSOLUTE | F_PATH)) && strnlen(text, PATH_MAX) == PATH_MAX)
		return fail(d, place, "path is longer than %d bytes", PATH_MAX - 1);
	if ((field->flags & F_LINE) && has_control(text))
		return fail(d, place, "must not contain control characters");
	return 0;
}

static int read_string(const struct decoder *d, const struct field *field, const struct place *place,
		       const json_t *value, const char **ret)
{
	if (!json_is_string(value) || json_is_whole(value))
		return fail_type(d, place, "string", value);
	*ret = json_string_value(value);
	return check_string(d, field, place, *ret);
}

/* A string and, when the row has a list of names, its index there. */
static int read_name(const struct decoder *d, const struct field *field, const struct place *place, const json_t *value,
		     const char **ret, int *ret_index)
{
	const char *const *names = field->names ? field->names->names : NULL;
	int r = read_string(d, field, place, value, ret);

	if (r < 0 || !names)
		return r;
	for (int i = 0; names[i]; i++) {
		if (str_eq(names[i], *ret)) {
			*ret_index = i;
			return 0;
		}
	}
	return fail(d, place, "invalid %s \"%.*s\"", field->names->noun, SHOWN_MAX, *ret);
}

static int decode_str(const struct decoder *d, const struct field *field, const struct place *place,
		      const json_t *value, void *to)
{
	int unused;

	return read_name(d, field, place, value, to, &unused);
}

static int decode_enum(const struct decoder *d, const struct field *field, const struct place *place,
		       const json_t *value, void *to)
{
	const char *unused;

	return read_name(d, field, place, value, &unused, to);
}

/* ---------------------------------------------------------------- numbers */

static int fail_range(const struct decoder *d, const struct field *field, const struct place *place,
		      const json_t *value)
{
	uint64_t number = 0;

	if (json_read_u64(value, &number))
		return fail(d, place, "%ju is out of range %jd to %ju", (uintmax_t)number, (intmax_t)field->min,
			    (uintmax_t)field->max);
	return fail(d, place, "%jd is out of range %jd to %ju", (intmax_t)json_integer_value(value),
		    (intmax_t)field->min, (uintmax_t)field->max);
}

static int read_unsigned(const struct decoder *d, const struct field *field, const struct place *place,
			 const json_t *value, uint64_t *ret)
{
	if (!json_is_whole(value))
		return fail_type(d, place, "unsigned integer", value);
	if (!json_read_u64(value, ret) || *ret > field->max)
		return fail_range(d, field, place, value);
	return 0;
}

static int read_signed(const struct decoder *d, const struct field *field, const struct place *place,
		       const json_t *value, int64_t *ret)
{
	if (!json_is_whole(value))
		return fail_type(d, place, "integer", value);
	if (!json_is_integer(value) || json_integer_value(value) < field->min ||
	    json_integer_value(value) > (int64_t)field->max)
		return fail_range(d, field, place, value);
	*ret = json_integer_value(value);
	return 0;
}

static int decode_unsigned(const struct decoder *d, const struct field *field, const struct place *place,
			   const json_t *value, void *to)
{
	uint64_t number = 0;
	int r = read_unsigned(d, field, place, value, &number);

	if (r < 0)
		return r;
	if (field->kind == FIELD_U16)
		*(uint16_t *)to = (uint16_t)number;
	else if (field->kind == FIELD_U32)
		*(uint32_t *)to = (uint32_t)number;
	else if (field->kind == FIELD_U64)
		*(uint64_t *)to = number;
	else
		*(struct any_opt_u64 *)to = (struct any_opt_u64){ true, number };
	return 0;
}

static int decode_signed(const struct decoder *d, const struct field *field, const struct place *place,
			 const json_t *value, void *to)
{
	int64_t number = 0;
	int r = read_signed(d, field, place, value, &number);

	if (r < 0)
		return r;
	if (field->kind == FIELD_I32)
		*(int32_t *)to = (int32_t)number;
	else if (field->kind == FIELD_I64)
		*(int64_t *)to = number;
	else
		*(struct any_opt_i64 *)to = (struct any_opt_i64){ true, number };
	return 0;
}

static int decode_bool(const struct decoder *d, const struct field *field, const struct place *place,
		       const json_t *value, void *to)
{
	if (!json_is_boolean(value))
		return fail_type(d, place, "boolean", value);
	if (field->kind == FIELD_BOOL)
		*(bool *)to = json_is_true(value);
	else
		*(struct any_opt_bool *)to = (struct any_opt_bool){ true, json_is_true(value) };
	return 0;
}

/* ---------------------------------------------------------------- lists */

static int decode_fields(const struct decoder *d, const struct field *fields, const struct place *place,
			 const json_t *value, void *object);

/* Make room for the elements of an array, or the members of an object, that stands at `place`. */
static int make_list(const struct decoder *d, const struct field *field, const struct place *place, size_t count,
		     size_t size, struct any_list *list)
{
	if (count == 0) {
		if (field->flags & F_FILLED)
			return fail(d, place, "must not be empty");
		return 0;
	}
	/* and one that is all zeroes: a list of strings ends with NULL, as execve(2) wants it */
	list->items = arena_alloc(d->arena, count + 1, size);
	if (!list->items)
		return err_memory(d->err);
	list->count = count;
	return 0;
}

static int decode_strings(const struct decoder *d, const struct field *field, const struct place *place,
			  const json_t *value, void *to)
{
	struct place element = { .kind = PLACE_INDEX, .up = place };
	int unused;
	struct any_list *list = to;
	int r;

	if (!json_is_array(value))
		return fail_type(d, place, "array of strings", value);
	r = make_list(d, field, place, json_array_size(value), sizeof(char *), list);
	for (; r == 0 && element.index < list->count; element.index++)
		r = read_name(d, field, &element, json_array_get(value, element.index),
			      (const char **)list->items + element.index, &unused);
	return r;
}

static int decode_u32s(const struct decoder *d, const struct field *field, const struct place *place,
		       const json_t *value, void *to)
{
	struct place element = { .kind = PLACE_INDEX, .up = place };
	struct any_list *list = to;
	int r;

	if (!json_is_array(value))
		return fail_type(d, place, "array of unsigned integers", value);
	r = make_list(d, field, place, json_array_size(value), sizeof(uint32_t), list);
	for (; r == 0 && element.index < list->count; element.index++) {
		uint64_t number = 0;

		r = read_unsigned(d, field, &element, json_array_get(value, element.index), &number);
		((uint32_t *)list->items)[element.index] = (uint32_t)number;
	}
	return r;
}

static int decode_array(const struct decoder *d, const struct field *field, const struct place *place,
			const json_t *value, void *to)
{
	struct place element = { .kind = PLACE_INDEX, .up = place };
	struct any_list *list = to;
	int r;

	if (!json_is_array(value))
		return fail_type(d, place, "array of objects", value);
	r = make_list(d, field, place, json_array_size(value), field->size, list);
	for (; r == 0 && element.index < list->count; element.index++)
		r = decode_fields(d, field->fields, &element, json_array_get(value, element.index),
				  (char *)list->items + element.index * field->size);
	return r;
}

static int decode_pairs(const struct decoder *d, const struct field *field, const struct place *place,
			const json_t *value, void *to)
{
	struct place member = { .kind = PLACE_KEY, .up = place };
	struct any_list *list = to;
	struct any_pair *pair;
	json_t *text;
	int r;

	if (!json_is_object(value))
		return fail_type(d, place, "object of strings", value);
	r = make_list(d, field, place, json_object_size(value), sizeof(struct any_pair), list);
	if (r < 0)
		return r;
	pair = list->items;
	json_object_foreach((json_t *)(uintptr_t)value, member.name, text) {
		if (!*member.name)
			return fail(d, place, "a key must not be empty");
		pair->key = member.name;
		r = read_string(d, field, &member, text, &pair->value);
		if (r < 0)
			return r;
		pair++;
	}
	return 0;
}

static int decode_map(const struct decoder *d, const struct field *field, const struct place *place,
		      const json_t *value, void *to)
{
	struct place member = { .kind = PLACE_KEY, .up = place };
	struct any_list *list = to;
	char *element;
	json_t *object;
	int r;

	if (!json_is_object(value))
		return fail_type(d, place, "object of objects", value);
	r = make_list(d, field, place, json_object_size(value), field->size, list);
	if (r < 0)
		return r;
	element = list->items;
	json_object_foreach((json_t *)(uintptr_t)value, member.name, object) {
		if (!*member.name)
			return fail(d, place, "a key must not be empty");
		*(const char **)(void *)(element + field->key_offset) = member.name;
		r = decode_fields(d, field->fields, &member, object, element);
		if (r < 0)
			return r;
		element += field->size;
	}
	return 0;
}

/* ---------------------------------------------------------------- objects */

static int check_closed(const struct decoder *d, const struct field *fields, const struct place *place,
			const json_t *value)
{
	struct place member = { .kind = PLACE_MEMBER, .up = place };
	json_t *unused;

	json_object_foreach((json_t *)(uintptr_t)value, member.name, unused) {
		const struct field *field = fields;

		while (field->name && !str_eq(field->name, member.name))
			field++;
		if (!field->name)
			return fail(d, &member, "unknown");
	}
	return 0;
}

static int decode_object(const struct decoder *d, const struct field *field, const struct place *place,
			 const json_t *value, void *to)
{
	if (json_is_object(value) && (field->flags & F_CLOSED)) {
		int r = check_closed(d, field->fields, place, value);

		if (r < 0)
			return r;
	}
	return decode_fields(d, field->fields, place, value, to);
}

static int (*const decoders[])(const struct decoder *d, const struct field *field, const struct place *place,
			       const json_t *value, void *to) = {
	[FIELD_STR] = decode_str,
	[FIELD_ENUM] = decode_enum,
	[FIELD_BOOL] = decode_bool,
	[FIELD_U16] = decode_unsigned,
	[FIELD_U32] = decode_unsigned,
	[FIELD_U64] = decode_unsigned,
	[FIELD_I32] = decode_signed,
	[FIELD_I64] = decode_signed,
	[FIELD_OPT_BOOL] = decode_bool,
	[FIELD_OPT_U64] = decode_unsigned,
	[FIELD_OPT_I64] = decode_signed,
	[FIELD_STRINGS] = decode_strings,
	[FIELD_U32S] = decode_u32s,
	[FIELD_PAIRS] = decode_pairs,
	[FIELD_OBJECT] = decode_object,
	[FIELD_ARRAY] = decode_array,
	[FIELD_MAP] = decode_map,
};

static bool is_absent(const struct field *field, const json_t *value)
{
	if (!value || json_is_null(value))
		return true;
	return (field->flags & F_EMPTY_IS_ABSENT) && json_is_string(value) && json_string_length(value) == 0;
}

static int decode_fields(const struct decoder *d, const struct field *fields, const struct place *place,
			 const json_t *value, void *object)
{
	if (!json_is_object(value))
		return fail_type(d, place, "object", value);
	for (const struct field *field = fields; field->name; field++) {
		struct place member = { .kind = PLACE_MEMBER, .up = place, .name = field->name };
		const json_t *found = json_object_get(value, field->name);
		char *to = (char *)object + field->offset;
		int r;

		if (is_absent(field, found)) {
			if (field->flags & F_REQUIRED)
				return fail(d, &member, "missing");
			if (field->kind == FIELD_I64)
				*(int64_t *)(void *)to = field->otherwise;
			continue;
		}
		r = decoders[field->kind](d, field, &member, found, to);
		if (r < 0)
			return r;
		if (field->set_at)
			((bool *)object)[field->set_at - 1] = true;
	}
	return 0;
}

int json_decode(const json_t *value, const struct field *fields, void *object, struct arena *arena, const char *place,
		struct err *err)
{
	struct decoder decoder = { .arena = arena, .err = err };
	struct place base = { .kind = PLACE_BASE, .name = place };

	return decode_fields(&decoder, fields, &base, value, object);
}
