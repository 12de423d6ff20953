/* Any text as the value of a systemd unit's property: what is accepted has a complete signature, and just the words that
 * fill it.
 *
 * An input is the text. */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "cgroups/unit_value.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct walk {
	const struct unit_value *value;
	size_t next;
};

static void must(bool holds)
{
	if (!holds)
		abort(); /* how a fuzzer is told */
}

static const char *next_word(struct walk *walk)
{
	must(walk->next < walk->value->count);
	must(walk->value->words[walk->next]);
	return walk->value->words[walk->next++];
}

/* Where the complete type at this place ends. */
static const char *skip_type(const char *type)
{
	size_t depth = 0;

	do {
		must(*type && strchr("abynqiuxtdsog()", *type));
		if (*type == 'a')
			continue;
		depth += *type == '(';
		must(*type != ')' || depth);
		depth -= *type == ')';
	} while (*type++ == 'a' || depth);
	return type;
}

static void check_integer(const char *word)
{
	char *end;

	errno = 0;
	if (*word == '-')
		(void)strtoll(word, &end, 10);
	else
		(void)strtoull(word, &end, 10);
	must(end != word && !*end && !errno);
}

/* Take the words of one value of this type, as who puts them on the bus does. */
static const char *take_value(struct walk *walk, const char *type)
{
	const char *word;

	if (*type == '(') {
		for (type++; *type != ')';)
			type = take_value(walk, type);
		return type + 1;
	}
	word = next_word(walk);
	if (*type == 'a') {
		size_t count = strtoul(word, NULL, 10);

		check_integer(word);
		must(count <= walk->value->count);
		for (size_t i = 0; i < count; i++)
			must(take_value(walk, type + 1) == skip_type(type + 1));
		return skip_type(type + 1);
	}
	if (strchr("ynqiuxt", *type))
		check_integer(word);
	if (*type == 'b')
		must(strcmp(word, "0") == 0 || strcmp(word, "1") == 0);
	return type + 1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	autofree char *text = strndup((const char *)data, size);
	struct arena arena = { 0 };
	struct unit_value value;
	struct err err = { 0 };
	int r = text ? unit_value_parse(text, &arena, &value, &err) : -ENOMEM;

	if (r == 0) {
		struct walk walk = { .value = &value };

		must(value.signature[0] && value.count <= strlen(text));
		must(*skip_type(value.signature) == '\0');
		must(*take_value(&walk, value.signature) == '\0');
		must(walk.next == value.count);
	} else if (text) {
		must(err.text[0]);
	}
	arena_free(&arena);
	return 0;
}
