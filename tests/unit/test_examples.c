/* specs/examples.tsv: for each property that is decoded, a configuration that has it and is accepted, and one that is refused
 * because of it. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "spec/spec.h"
#include "unit.h"

#define TABLE	 TEST_SOURCE_DIR "/specs/examples.tsv"
#define ROWS_MAX 1000

static struct row {
	char *path, *good, *bad;
	bool is_known;
} rows[ROWS_MAX];
static size_t row_count;

static bool read_table(void)
{
	static char *text;
	char *line, *rest;
	struct err err;
	size_t size;

	if (row_count)
		return true;
	if (!CHECK(file_read(AT_FDCWD, TABLE, 1 << 20, &text, &size, &err) == 0))
		return false;
	for (rest = text; (line = strsep(&rest, "\n")) && row_count < ROWS_MAX;) {
		struct row *row = &rows[row_count];

		if (!*line || *line == '#' || str_after(line, "path\t"))
			continue;
		row->path = strsep(&line, "\t");
		row->good = strsep(&line, "\t");
		row->bad = strsep(&line, "\t");
		if (CHECK(row->path && row->good && row->bad && !line))
			row_count++;
	}
	return CHECK(row_count);
}

/* The first value at a path such as "linux.resources.rdma{}.hcaHandles", or NULL. */
static json_t *value_at(json_t *value, const char *path)
{
	while (value && *path) {
		char name[64] = "";
		size_t size = strcspn(path, ".[{");

		memcpy(name, path, size < sizeof(name) ? size : 0);
		value = json_object_get(value, name);
		path += size;
		if (str_after(path, "[]"))
			value = json_array_get(value, 0);
		else if (str_after(path, "{}"))
			value = json_object_iter_value(json_object_iter(value));
		if (*path == '[' || *path == '{')
			path += 2;
		if (*path == '.')
			path++;
	}
	return value;
}

static void find_row(void *data, const char *path, bool required)
{
	(void)data;
	(void)required;
	for (size_t i = 0; i < row_count; i++)
		if (str_eq(rows[i].path, path)) {
			CHECK(!rows[i].is_known);
			rows[i].is_known = true;
			return;
		}
	CHECK_STR(path, "a row of specs/examples.tsv");
}

static void every_property_has_its_examples(void)
{
	if (!read_table())
		return;
	spec_visit_properties(find_row, NULL);
	for (size_t i = 0; i < row_count; i++)
		if (!CHECK(rows[i].is_known))
			CHECK_STR(rows[i].path, "a property that is decoded, once");
}

static void a_good_example_has_the_property_and_is_accepted(void)
{
	for (size_t i = 0; read_table() && i < row_count; i++) {
		json_t *document = json_loads(rows[i].good, JSON_REJECT_DUPLICATES, NULL);
		struct spec_document *spec = NULL;
		struct err err = { 0 };

		if (!CHECK(value_at(document, rows[i].path)))
			CHECK_STR(rows[i].path, rows[i].good);
		if (!CHECK(spec_parse(rows[i].good, strlen(rows[i].good), "config.json", &spec, &err) == 0))
			CHECK_STR(rows[i].path, err.text);
		spec_free(spec);
		json_decref(document);
	}
}

/* The name of the property, without what stands around it, as a whole word of the message. */
static bool is_named(const char *text, const char *path)
{
	const char *name = strrchr(path, '.') ? strrchr(path, '.') + 1 : path;
	size_t size = strlen(name);

	for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
		if ((at == text || !isalnum(at[-1])) && !isalnum(at[size]))
			return true;
	return false;
}

static void a_bad_example_is_refused_by_the_name_of_the_property(void)
{
	for (size_t i = 0; read_table() && i < row_count; i++) {
		struct spec_document *spec = NULL;
		struct err err = { 0 };

		if (!CHECK(spec_parse(rows[i].bad, strlen(rows[i].bad), "config.json", &spec, &err) == -EINVAL))
			CHECK_STR(rows[i].path, "refused");
		else if (!CHECK(is_named(err.text, rows[i].path)))
			CHECK_STR(rows[i].path, err.text);
		spec_free(spec);
	}
}

/* What is not here cannot be the reason: the same configuration without the property is accepted, unless it is a required one or
 * others need it. */
static void without_the_property_a_bad_example_is_good(void)
{
	size_t accepted = 0;

	for (size_t i = 0; read_table() && i < row_count; i++) {
		json_t *document = json_loads(rows[i].bad, 0, NULL), *parent;
		struct spec_document *spec = NULL;
		char path[256], *last;
		struct err err;
		char *text;

		(void)snprintf(path, sizeof(path), "%s", rows[i].path);
		last = strrchr(path, '.');
		if (last)
			*last++ = '\0';
		parent = last ? value_at(document, path) : document;
		CHECK(json_object_del(parent, last ? last : path) == 0);
		text = json_dumps(document, JSON_COMPACT);
		if (text && spec_parse(text, strlen(text), "config.json", &spec, &err) == 0)
			accepted++;
		else if (!strstr(err.text, "missing") && !strstr(err.text, "needs") &&
			 !strstr(err.text, "must not be empty"))
			CHECK_STR(rows[i].path, err.text);
		spec_free(spec);
		free(text);
		json_decref(document);
	}
	CHECK(accepted > row_count / 2);
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(every_property_has_its_examples),
		TEST(a_good_example_has_the_property_and_is_accepted),
		TEST(a_bad_example_is_refused_by_the_name_of_the_property),
		TEST(without_the_property_a_bad_example_is_good),
		TEST_END,
	};

	return unit_run(tests);
}
