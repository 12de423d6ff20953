/* Writing what was read: a value of jansson's, with the integers that json_read() keeps in its own way. */
#include <jansson.h>
#include <stdio.h>

#include "json/encode.h"
#include "json/read.h"

static void put_object(struct json_writer *writer, const char *key, const json_t *object)
{
	/* the iterator takes no const, and changes nothing */
	json_t *all = (json_t *)(uintptr_t)object, *value;
	const char *name;

	json_open_object(writer, key);
	json_object_foreach(all, name, value)
		json_put_value(writer, name, value);
	json_close(writer);
}

static void put_array(struct json_writer *writer, const char *key, const json_t *array)
{
	const json_t *value;
	size_t i;

	json_open_array(writer, key);
	json_array_foreach(array, i, value) json_put_value(writer, NULL, value);
	json_close(writer);
}

static void put_real(struct json_writer *writer, const char *key, double value)
{
	char text[40];

	/* with a point or exponent, so that it is read as a real again; jansson has no infinity */
	(void)snprintf(text, sizeof(text), "%#.17g", value);
	json_put_number(writer, key, text);
}

void json_put_value(struct json_writer *writer, const char *key, const json_t *value)
{
	uint64_t number;

	if (json_is_object(value))
		put_object(writer, key, value);
	else if (json_is_array(value))
		put_array(writer, key, value);
	else if (json_read_u64(value, &number))
		json_put_u64(writer, key, number);
	else if (json_is_integer(value))
		json_put_i64(writer, key, json_integer_value(value));
	else if (json_is_real(value))
		put_real(writer, key, json_real_value(value));
	else if (json_is_string(value))
		json_put_string(writer, key, json_string_value(value));
	else if (json_is_boolean(value))
		json_put_bool(writer, key, json_is_true(value));
	else
		json_put_null(writer, key);
}
