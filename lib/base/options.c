#include "base/options.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool is_end(const struct option_row *row)
{
	return !row->name && !row->letter;
}

/* The row whose long name is the first `size` bytes of `name`. */
static const struct option_row *find_name(option_tables tables, const char *name, size_t size)
{
	for (; *tables; tables++)
		for (const struct option_row *row = *tables; !is_end(row); row++)
			if (row->name && strlen(row->name) == size && strncmp(row->name, name, size) == 0)
				return row;
	return NULL;
}

static const struct option_row *find_letter(option_tables tables, char letter)
{
	for (; *tables; tables++)
		for (const struct option_row *row = *tables; !is_end(row); row++)
			if (row->letter == letter)
				return row;
	return NULL;
}

/* One option as it was written: "--bundle=DIR". */
struct given {
	const struct option_row *row;
	int size; /* of its name with the dashes, for messages */
	const char *word;
	const char *value; /* after "=", or the word after it; NULL: none */
};

static int find_row(option_tables tables, const char *word, struct given *ret, struct err *err)
{
	const char *name = word + (word[1] == '-' ? 2 : 1);
	size_t size = strcspn(name, "=");

	*ret = (struct given){ .word = word, .size = (int)(name - word + (ptrdiff_t)size) };
	if (name[size] == '=')
		ret->value = name + size + 1;
	if (size == 1 && word[1] != '-')
		ret->row = find_letter(tables, *name);
	else if (size)
		ret->row = find_name(tables, name, size);
	if (!ret->row)
		return err_user(err, "unknown option %.*s", ret->size, word);
	return 0;
}

static int set_flag(const struct given *given, bool *value, struct err *err)
{
	if (!given->value || str_eq(given->value, "true"))
		*value = true;
	else if (str_eq(given->value, "false"))
		*value = false;
	else
		return err_user(err, "%.*s: expected true or false, got \"%s\"", given->size, given->word,
				given->value);
	return 0;
}

static int add_to_list(const struct given *given, struct option_list *list, struct err *err)
{
	const char **items = reallocarray(list->items, list->count + 2, sizeof(*items));

	if (!items)
		return err_memory(err);
	items[list->count++] = given->value;
	items[list->count] = NULL;
	list->items = items;
	return 0;
}

static int set_uint(const struct given *given, unsigned int *value, struct err *err)
{
	uint64_t number;

	if (!str_u64(given->value, INT_MAX, &number))
		return err_user(err, "%.*s: expected a number from 0 to %d, got \"%s\"", given->size, given->word,
				INT_MAX, given->value);
	*value = (unsigned int)number;
	return 0;
}

static int set_choice(const struct given *given, int *value, struct err *err)
{
	const struct str_name *found = str_lookup(given->row->choices, given->value);

	if (!found) {
		struct str_buf names = { 0 };

		for (const struct str_name *row = given->row->choices; row->name; row++)
			str_append_f(&names, "%s%s", names.size ? ", " : "", row->name);
		(void)err_user(err, "%.*s: expected one of %s, got \"%s\"", given->size, given->word,
			       names.data ? names.data : "", given->value);
		str_buf_free(&names);
		return -err->number;
	}
	*value = (int)found->value;
	return 0;
}

static int set_value(const struct given *given, void *values, struct err *err)
{
	void *member = (char *)values + given->row->offset;

	switch (given->row->kind) {
	case OPTION_KIND_FLAG:
		return set_flag(given, member, err);
	case OPTION_KIND_TEXT:
		*(const char **)member = given->value;
		return 0;
	case OPTION_KIND_LIST:
		return add_to_list(given, member, err);
	case OPTION_KIND_UINT:
		return set_uint(given, member, err);
	case OPTION_KIND_CHOICE:
		return set_choice(given, member, err);
	case OPTION_KIND_CONST: {
		bool wanted = true;
		int r = set_flag(given, &wanted, err);

		if (r == 0 && wanted)
			*(int *)member = given->row->constant;
		return r;
	}
	case OPTION_KIND_IGNORED:
		return 0;
	}
	return err_user(err, "%.*s: option of unknown kind", given->size, given->word);
}

/* Take one option, and its value from *next if it has one. */
static int take_option(struct given *given, void *values, char ***next, struct err *err)
{
	/* the next word is the value whatever it looks like: "-1" is one */
	if (given->row->argument && !given->value)
		given->value = **next ? *(*next)++ : NULL;
	if (given->row->argument && !given->value)
		return err_user(err, "option %.*s needs a value (%s)", given->size, given->word, given->row->argument);
	return set_value(given, values, err);
}

/* "-it" where no option is called "it": letters without values, but for the last. */
static bool are_letters(option_tables tables, const char *word)
{
	if (word[1] == '-' || strchr(word, '='))
		return false;
	for (const char *letter = word + 1; *letter; letter++) {
		const struct option_row *row = find_letter(tables, *letter);

		if (!row || (row->argument && letter[1]))
			return false;
	}
	return true;
}

static int take_letters(option_tables tables, void *values, const char *word, char ***next, struct err *err)
{
	for (const char *letter = word + 1; *letter; letter++) {
		struct given given = { .row = find_letter(tables, *letter), .word = word, .size = (int)strlen(word) };
		int r = take_option(&given, values, next, err);

		if (r < 0)
			return r;
	}
	return 0;
}

int options_parse(option_tables tables, void *values, char **words, size_t limit, size_t *ret_count, struct err *err)
{
	char **next = words;
	size_t count = 0;
	bool only_words = false;

	while (*next) {
		char *word = *next++;
		struct given given;
		int r;

		if (only_words || count >= limit || word[0] != '-' || !word[1]) {
			words[count++] = word;
			continue;
		}
		if (str_eq(word, "--")) {
			only_words = true;
			continue;
		}
		r = find_row(tables, word, &given, err);
		if (r == 0)
			r = take_option(&given, values, &next, err);
		else if (are_letters(tables, word))
			r = take_letters(tables, values, word, &next, err);
		if (r < 0)
			return r;
	}
	words[count] = NULL;
	*ret_count = count;
	return 0;
}

void option_list_free(struct option_list *list)
{
	free(list->items);
	*list = (struct option_list){ 0 };
}

/* "  -b, --bundle DIR" */
static void append_usage(const struct option_row *row, struct str_buf *out)
{
	if (row->letter)
		str_append_f(out, "  -%c", row->letter);
	else
		str_append(out, "    ");
	if (row->name)
		str_append_f(out, "%s --%s", row->letter ? "," : " ", row->name);
	if (row->argument)
		str_append_f(out, " %s", row->argument);
}

size_t options_width(const struct option_row *table)
{
	size_t width = 0;

	for (; !is_end(table); table++) {
		struct str_buf usage = { 0 };

		if (!table->help)
			continue;
		append_usage(table, &usage);
		if (usage.size + 2 > width)
			width = usage.size + 2;
		str_buf_free(&usage);
	}
	return width;
}

void options_print(const struct option_row *table, size_t column, struct str_buf *out)
{
	for (; !is_end(table); table++) {
		size_t start = out->size;
		size_t used;

		if (!table->help)
			continue;
		append_usage(table, out);
		used = out->size - start;
		str_append_f(out, "%*s%s\n", (int)(used < column ? column - used : 1), "", table->help);
	}
}
