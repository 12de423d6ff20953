/* Just enough of TOML to find keys in the configuration of engines: nothing is decided by it but advice. */
#include <ctype.h>
#include <string.h>

#include "doctor.h"

/* Cut a comment off, but not at a # in quotes. */
static void cut_comment(char *line)
{
	char quote = '\0';

	for (; *line; line++) {
		if (quote && *line == quote)
			quote = '\0';
		else if (!quote && (*line == '"' || *line == '\''))
			quote = *line;
		else if (!quote && *line == '#')
			*line = '\0';
		if (!*line)
			return;
	}
}

static char *trim(char *text)
{
	size_t size;

	text += strspn(text, " \t\r\n");
	for (size = strlen(text); size && isspace((unsigned char)text[size - 1]); size--)
		text[size - 1] = '\0';
	return text;
}

/* How many brackets are open at the end, outside of quotes. */
static int open_brackets(const char *value)
{
	char quote = '\0';
	int open = 0;

	for (; *value; value++) {
		if (quote && *value == quote)
			quote = '\0';
		else if (!quote && (*value == '"' || *value == '\''))
			quote = *value;
		else if (!quote)
			open += (*value == '[') - (*value == ']');
	}
	return open;
}

/* The next line without its comment, trimmed; NULL: no more. */
static char *next_line(char **rest)
{
	char *line = strsep(rest, "\n");

	if (line)
		cut_comment(line);
	return line ? trim(line) : NULL;
}

/* "[a.b]" or "[[a.b]]": the name inside, cut out in place; NULL: it is no header. */
static char *header(char *line)
{
	size_t size = strlen(line);

	if (*line != '[' || line[size - 1] != ']')
		return NULL;
	while (size && line[size - 1] == ']')
		line[--size] = '\0';
	line += strspn(line, "[");
	return trim(line);
}

void toml_each(char *text, void (*visit)(void *data, const char *table, const char *key, const char *value), void *data)
{
	const char *table = "";
	char *rest = text, *line;

	while ((line = next_line(&rest))) {
		char *name = *line ? header(line) : NULL, *value = strchr(line, '=');
		autobuf whole = { 0 };

		if (name) {
			table = name;
			continue;
		}
		if (!value)
			continue;
		*value++ = '\0';
		str_append(&whole, trim(value));
		while (!whole.failed && open_brackets(whole.data) > 0 && (value = next_line(&rest)))
			str_append_f(&whole, " %s", value);
		if (!whole.failed)
			visit(data, table, trim(line), whole.data);
	}
}

bool toml_has_string(const char *value, const char *string)
{
	const size_t size = strlen(string);

	for (const char *at = value; (at = strstr(at, string)); at++)
		if (at > value && (at[-1] == '"' || at[-1] == '\'') && at[size] == at[-1])
			return true;
	return false;
}
