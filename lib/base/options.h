/* Options of a command line, by tables: one row parses the option, checks its value and prints its help.
 *
 * What callers of container runtimes write is accepted: `--name value`, `--name=value`, both also with one dash
 * (`-name value`: Go's style), and `-n value`; `-it` for `-i -t`, unless an option has that name; options before,
 * between and after the words that are not options; "--" ends them.  A flag may carry its value (`--name=false`).
 * The last of several counts, unless the option collects them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum option_kind {
	OPTION_KIND_FLAG,    /* bool: set to true, or to the value after "=" */
	OPTION_KIND_TEXT,    /* const char *: the value as it is */
	OPTION_KIND_LIST,    /* struct option_list: one value more each time */
	OPTION_KIND_UINT,    /* unsigned int: a decimal number */
	OPTION_KIND_CHOICE,  /* int: the number of one of `choices` */
	OPTION_KIND_CONST,   /* int: set to `constant`; no value */
	OPTION_KIND_IGNORED, /* accepted with a value when `argument` is set, and without effect */
};

/* The values of an option that may be given several times.  Starts as all zeroes. */
struct option_list {
	const char **items; /* NULL-terminated; NULL: none */
	size_t count;
};

/* Free the array, not the values: those are words of the command line. */
void option_list_free(struct option_list *list);

/* One option; a table ends with a row without name and letter. */
struct option_row {
	const char *name;     /* long name without dashes; NULL: none */
	char letter;	      /* short name; 0: none */
	const char *argument; /* what the value is called in the help; NULL: the option has none */
	const char *help;     /* one line; NULL: not shown */
	enum option_kind kind;
	size_t offset; /* of the member that is set */
	const struct str_name *choices;
	int constant;
};

/* The member's offset, and a compile error unless it has the type that the row's kind sets. */
#define OPTION_AT(type, member, expected) \
	(offsetof(type, member) +         \
	 0 * sizeof(char[__builtin_types_compatible_p(__typeof__(((type *)0)->member), expected) ? 1 : -1]))

#define OPTION_FLAG(type, member, long_name, short_name, text)                                         \
	{                                                                                              \
		.name = (long_name), .letter = (short_name), .help = (text), .kind = OPTION_KIND_FLAG, \
		.offset = OPTION_AT(type, member, bool),                                               \
	}
#define OPTION_TEXT(type, member, long_name, short_name, value, text)                             \
	{                                                                                         \
		.name = (long_name), .letter = (short_name), .argument = (value), .help = (text), \
		.kind = OPTION_KIND_TEXT, .offset = OPTION_AT(type, member, const char *),        \
	}
#define OPTION_LIST(type, member, long_name, short_name, value, text)                             \
	{                                                                                         \
		.name = (long_name), .letter = (short_name), .argument = (value), .help = (text), \
		.kind = OPTION_KIND_LIST, .offset = OPTION_AT(type, member, struct option_list),  \
	}
#define OPTION_UINT(type, member, long_name, short_name, value, text)                             \
	{                                                                                         \
		.name = (long_name), .letter = (short_name), .argument = (value), .help = (text), \
		.kind = OPTION_KIND_UINT, .offset = OPTION_AT(type, member, unsigned int),        \
	}
#define OPTION_CHOICE(type, member, long_name, short_name, value, table, text)                          \
	{                                                                                               \
		.name = (long_name), .letter = (short_name), .argument = (value), .help = (text),       \
		.kind = OPTION_KIND_CHOICE, .offset = OPTION_AT(type, member, int), .choices = (table), \
	}
#define OPTION_CONST(type, member, long_name, short_name, number, text)                                 \
	{                                                                                               \
		.name = (long_name), .letter = (short_name), .help = (text), .kind = OPTION_KIND_CONST, \
		.offset = OPTION_AT(type, member, int), .constant = (number),                           \
	}
#define OPTION_IGNORED(long_name, value, text)                                                         \
	{                                                                                              \
		.name = (long_name), .argument = (value), .help = (text), .kind = OPTION_KIND_IGNORED, \
	}
/* clang-format off */
#define OPTION_END { 0 }
/* clang-format on */

/* Several tables, ended by NULL; on a clash the first one wins. */
typedef const struct option_row *const *option_tables;

/* Take the options out of `words` (NULL-terminated) and set the members of `values` that they name.  The words
 * that are no options move to the front, and the array is ended anew after them.  *ret_count: how many there are.
 *
 * limit: once so many words that are no options were met, all that follows is left as it is ("--" included).
 * Errors: unknown option, value missing, superfluous or wrong; the text names the option as it was written.
 * Members that were set before the failure stay set. */
int options_parse(option_tables tables, void *values, char **words, size_t limit, size_t *ret_count, struct err *err);

/* Append one line of help per visible row: "  -b, --bundle DIR   text".  column: where the texts begin; see
 * options_width(). */
void options_print(const struct option_row *table, size_t column, struct str_buf *out);

/* The column at which the texts of a table's help must at least begin. */
size_t options_width(const struct option_row *table);
