#include "spec/forms.h"

#include <string.h>

#include "base/str.h"

/* The C locale's classes, whatever setlocale(3) was called with. */
static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_identifier(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

/* Skip a number of at most nine digits; zeros: leading ones are allowed.  NULL: there is none. */
static const char *skip_number(const char *p, bool zeros, unsigned int *ret)
{
	const char *start = p;
	unsigned int value = 0;

	for (; is_digit(*p) && p - start < 9; p++)
		value = value * 10 + (unsigned int)(*p - '0');
	if (p == start || is_digit(*p) || (!zeros && *start == '0' && p - start > 1))
		return NULL;
	*ret = value;
	return p;
}

/* Skip identifiers separated by dots, as after "-" and "+" of a version. */
static const char *skip_identifiers(const char *p)
{
	for (;;) {
		const char *start = p;

		while (is_identifier(*p))
			p++;
		if (p == start)
			return NULL;
		if (*p != '.')
			return p;
		p++;
	}
}

bool form_is_version(const char *text, unsigned int *ret_major)
{
	unsigned int numbers[3];
	const char *p = text;

	for (int i = 0; i < 3; i++) {
		p = skip_number(p, false, &numbers[i]);
		if (!p || (i < 2 && *p++ != '.'))
			return false;
	}
	if (*p == '-')
		p = skip_identifiers(p + 1);
	if (p && *p == '+')
		p = skip_identifiers(p + 1);
	if (!p || *p)
		return false;
	*ret_major = numbers[0];
	return true;
}

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " ");
}

/* One item: N, N-M or N-M:USED/GROUP. */
static const char *skip_range(const char *p)
{
	unsigned int first, last, used, group;

	p = skip_number(p, true, &first);
	if (!p || *p != '-')
		return p;
	p = skip_number(p + 1, true, &last);
	if (!p || last < first)
		return NULL;
	if (*p != ':')
		return p;
	p = skip_number(p + 1, true, &used);
	if (!p || *p != '/')
		return NULL;
	p = skip_number(p + 1, true, &group);
	return p && group > 0 && used <= group ? p : NULL;
}

bool form_is_number_list(const char *text)
{
	const char *p = text;

	for (;;) {
		p = skip_range(skip_blanks(p));
		if (!p)
			return false;
		p = skip_blanks(p);
		if (*p != ',')
			return !*p;
		p++;
	}
}

/* dev_valid_name() of the kernel. */
static bool is_interface_text(const char *text)
{
	size_t length = strnlen(text, 16);

	if (length == 0 || length > 15 || str_eq(text, ".") || str_eq(text, ".."))
		return false;
	for (; *text; text++)
		if (*text == '/' || *text == ':' || *text == ' ' || (unsigned char)*text < 0x20 ||
		    (unsigned char)*text == 0xa0 || *text == 0x7f)
			return false;
	return true;
}

/* "%" begins a template, and no device has it in its name. */
bool form_is_interface(const char *text)
{
	return is_interface_text(text) && !strchr(text, '%');
}

bool form_is_interface_template(const char *text)
{
	const char *percent = strchr(text, '%');

	return is_interface_text(text) && (!percent || (percent[1] == 'd' && !strchr(percent + 1, '%')));
}

/* What stands at *text, of these characters and at least one, with blanks around it; moves *text behind it. */
static bool take_word(const char **text, const char *characters)
{
	size_t size;

	*text += strspn(*text, " \t");
	size = strspn(*text, characters);
	*text += size;
	*text += strspn(*text, " \t");
	return size;
}

bool form_is_schema(const char *text)
{
	static const char digits[] = "0123456789";
	static const char word[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_";

	if (!take_word(&text, word) || *text++ != ':')
		return false;
	for (;;) {
		if (!take_word(&text, digits) || *text++ != '=' || !take_word(&text, word))
			return false;
		if (!*text)
			return true;
		if (*text++ != ';')
			return false;
		if (!text[strspn(text, " \t")]) /* the kernel does not mind one at the end */
			return true;
	}
}

bool form_is_page_size(const char *text)
{
	unsigned int number;
	const char *p = skip_number(text, false, &number);

	return p && number > 0 && *p && strchr("KMG", *p) && str_eq(p + 1, "B");
}

bool form_is_environment(const char *text)
{
	return *text != '=' && strchr(text, '=');
}

bool form_leaves_directory(const char *path)
{
	while (*path) {
		size_t length = strcspn(path, "/");

		if (length == 2 && path[0] == '.' && path[1] == '.')
			return true;
		path += length;
		path += strspn(path, "/");
	}
	return false;
}
