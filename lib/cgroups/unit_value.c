/* A parser by recursive descent.  `expected` is the signature that the place asks for, "" when it may be any. */
#include "cgroups/unit_value.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/str.h"

#define DEPTH_MAX 8

struct parser {
	const char *at;
	struct arena *arena;
	struct unit_value *value; /* words have room for one per character of the text */
	unsigned int depth;
};

static const struct {
	const char *name;
	char type;
} type_names[] = {
	{ "boolean", 'b' }, { "byte", 'y' },   { "int16", 'n' },  { "uint16", 'q' }, { "int32", 'i' },
	{ "uint32", 'u' },  { "int64", 'x' },  { "uint64", 't' }, { "double", 'd' }, { "string", 's' },
	{ "handle", 'i' },  { "objectpath", 'o' },
};

static const struct {
	char type;
	int64_t min;
	uint64_t max;
} ranges[] = {
	{ 'y', 0, UINT8_MAX },		{ 'n', INT16_MIN, INT16_MAX }, { 'q', 0, UINT16_MAX }, { 'i', INT32_MIN, INT32_MAX },
	{ 'u', 0, UINT32_MAX },		{ 'x', INT64_MIN, INT64_MAX }, { 't', 0, UINT64_MAX },
};

static int parse(struct parser *p, const char *expected, struct str_buf *signature, struct err *err);

static void skip_blanks(struct parser *p)
{
	p->at += strspn(p->at, " \t\n\r");
}

static int add_word(struct parser *p, const char *word, struct err *err)
{
	if (!word)
		return err_memory(err);
	p->value->words[p->value->count++] = word;
	return 0;
}

/* Take the word at the place: letters and digits. */
static size_t word_size(const struct parser *p)
{
	size_t n = 0;

	while (isalnum((unsigned char)p->at[n]))
		n++;
	return n;
}

static bool take_word(struct parser *p, const char *word)
{
	size_t n = word_size(p);

	if (n != strlen(word) || memcmp(p->at, word, n) != 0)
		return false;
	p->at += n;
	return true;
}

static int expect_type(char type, const char *expected, struct str_buf *signature, struct err *err)
{
	if (*expected && (expected[0] != type || expected[1]))
		return err_user(err, "a value of type \"%c\" where \"%s\" is expected", type, expected);
	str_append_n(signature, &type, 1);
	return 0;
}

/* The characters that a backslash stands before. */
static char unescape(char c)
{
	switch (c) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'r':
		return '\r';
	default:
		return c;
	}
}

static int parse_string(struct parser *p, const char *expected, struct str_buf *signature, struct err *err)
{
	const char quote = *p->at++;
	char *text = ARENA_NEW(p->arena, char, strlen(p->at) + 1);
	size_t n = 0;
	int r;

	if (!text)
		return err_memory(err);
	for (; *p->at != quote; p->at++) {
		if (*p->at == '\\' && p->at[1])
			text[n++] = unescape(*++p->at);
		else if (*p->at)
			text[n++] = *p->at;
		else
			return err_user(err, "a string without its end");
	}
	p->at++;
	r = expect_type(*expected == 'o' ? 'o' : 's', expected, signature, err);
	return r < 0 ? r : add_word(p, text, err);
}

static int check_range(char type, bool negative, uint64_t magnitude, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
		if (ranges[i].type != type)
			continue;
		if (negative ? magnitude <= -(uint64_t)ranges[i].min : magnitude <= ranges[i].max)
			return 0;
	}
	return err_user(err, "%s%" PRIu64 " does not fit into type \"%c\"", negative ? "-" : "", magnitude, type);
}

static int parse_double(struct parser *p, const char *expected, struct str_buf *signature, struct err *err)
{
	char *end;
	const char *begin = p->at;
	int r = expect_type('d', expected, signature, err);

	if (r < 0)
		return r;
	(void)strtod(begin, &end);
	if (end == begin)
		return err_user(err, "\"%s\" is not a number", begin);
	p->at = end;
	return add_word(p, arena_printf(p->arena, "%.*s", (int)(end - begin), begin), err);
}

static int parse_number(struct parser *p, const char *expected, struct str_buf *signature, struct err *err)
{
	bool negative = *p->at == '-';
	const char *digits = p->at + (negative || *p->at == '+');
	char type = *expected ? *expected : 'i';
	uint64_t magnitude;
	char *end;
	int r;

	if (str_eq(expected, "d") || (!*expected && digits[strspn(digits, "0123456789")] == '.'))
		return parse_double(p, expected, signature, err);
	errno = 0;
	magnitude = strtoull(digits, &end, 0);
	if (!isdigit((unsigned char)*digits) || errno || isalnum((unsigned char)*end))
		return err_user(err, "\"%s\" is not a number", p->at);
	if (!strchr("ynqiuxt", type))
		return err_user(err, "a number where \"%s\" is expected", expected);
	r = expect_type(type, expected, signature, err);
	if (r == 0)
		r = check_range(type, negative, magnitude, err);
	p->at = end;
	return r < 0 ? r : add_word(p, arena_printf(p->arena, "%s%" PRIu64, negative ? "-" : "", magnitude), err);
}

static int parse_boolean(struct parser *p, bool is_true, const char *expected, struct str_buf *signature,
			 struct err *err)
{
	int r = expect_type('b', expected, signature, err);

	return r < 0 ? r : add_word(p, is_true ? "1" : "0", err);
}

/* "[" is passed.  All elements have one type: the expected one, else the first's. */
static int parse_array(struct parser *p, const char *expected, struct str_buf *signature, struct err *err)
{
	size_t place = p->value->count, count = 0;
	autobuf element = { 0 };
	int r = add_word(p, "", err);

	if (r == 0 && *expected && *expected != 'a')
		r = err_user(err, "an array where \"%s\" is expected", expected);
	if (r < 0)
		return r;
	if (*expected)
		str_append(&element, expected + 1);
	for (skip_blanks(p); *p->at != ']'; count++) {
		autobuf found = { 0 };

		if (count && *p->at++ != ',')
			return err_user(err, "an array without \",\" or its end");
		r = parse(p, element.size ? element.data : "", &found, err);
		if (r < 0)
			return r;
		if (!element.size)
			str_append(&element, found.data);
		skip_blanks(p);
	}
	p->at++;
	if (!element.size)
		return err_user(err, "an empty array needs its type before it: @as []");
	str_append_f(signature, "a%s", element.data);
	p->value->words[place] = arena_printf(p->arena, "%zu", count);
	return p->value->words[place] ? 0 : err_memory(err);
}

/* The size of the first complete type of a signature; 0: there is none. */
static size_t type_size(const char *signature)
{
	size_t n = strspn(signature, "a"), depth = 0;

	do {
		if (!signature[n] || (signature[n] == ')' && !depth))
			return 0;
		depth += signature[n] == '(';
		depth -= signature[n] == ')';
		n++;
	} while (depth);
	return n;
}

/* "(" is passed. */
static int parse_tuple(struct parser *p, const char *expected, struct str_buf *signature, struct err *err)
{
	const char *rest = *expected ? expected + 1 : "";
	size_t count = 0;

	if (*expected && *expected != '(')
		return err_user(err, "a tuple where \"%s\" is expected", expected);
	str_append(signature, "(");
	for (skip_blanks(p); *p->at != ')'; count++) {
		autobuf member = { 0 };
		size_t size = type_size(rest);
		int r;

		if (count && *p->at++ != ',')
			return err_user(err, "a tuple without \",\" or its end");
		if (*expected && (!*rest || *rest == ')'))
			return err_user(err, "a tuple with more than \"%s\"", expected);
		str_append_n(&member, rest, size);
		r = member.failed ? err_memory(err) : parse(p, size ? member.data : "", signature, err);
		if (r < 0)
			return r;
		rest += size;
		skip_blanks(p);
	}
	p->at++;
	str_append(signature, ")");
	if (!count || (*expected && *rest != ')'))
		return err_user(err, "a tuple that is too short");
	return 0;
}

/* "@as [...]": the type is written before the value. */
static int parse_typed(struct parser *p, const char *expected, struct str_buf *signature, struct err *err)
{
	size_t size = strspn(p->at, "bynqiuxtdsoga()");
	const char *type = arena_printf(p->arena, "%.*s", (int)size, p->at);

	if (!type)
		return err_memory(err);
	if (!size || type_size(type) != size)
		return err_user(err, "\"@%s\" is not a type", p->at);
	if (*expected && !str_eq(expected, type))
		return err_user(err, "a value of type \"%s\" where \"%s\" is expected", type, expected);
	p->at += size;
	return parse(p, type, signature, err);
}

static int parse_here(struct parser *p, const char *expected, struct str_buf *signature, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(type_names); i++)
		if (take_word(p, type_names[i].name)) {
			const char type[] = { type_names[i].type, '\0' };

			if (*expected && !str_eq(expected, type))
				return err_user(err, "%s where \"%s\" is expected", type_names[i].name, expected);
			return parse(p, type, signature, err);
		}
	if (take_word(p, "true"))
		return parse_boolean(p, true, expected, signature, err);
	if (take_word(p, "false"))
		return parse_boolean(p, false, expected, signature, err);
	switch (*p->at) {
	case '\'':
	case '"':
		return parse_string(p, expected, signature, err);
	case '[':
		p->at++;
		return parse_array(p, expected, signature, err);
	case '(':
		p->at++;
		return parse_tuple(p, expected, signature, err);
	case '@':
		p->at++;
		return parse_typed(p, expected, signature, err);
	default:
		return parse_number(p, expected, signature, err);
	}
}

static int parse(struct parser *p, const char *expected, struct str_buf *signature, struct err *err)
{
	int r;

	skip_blanks(p);
	if (!*p->at)
		return err_user(err, "a value is missing");
	if (p->depth == DEPTH_MAX)
		return err_user(err, "nested too deeply");
	p->depth++;
	r = parse_here(p, expected, signature, err);
	p->depth--;
	return r;
}

int unit_value_parse(const char *text, struct arena *arena, struct unit_value *ret, struct err *err)
{
	struct unit_value value = { .words = ARENA_NEW(arena, const char *, strlen(text) + 1) };
	struct parser p = { .at = text, .arena = arena, .value = &value };
	autobuf signature = { 0 };
	int r;

	if (!value.words)
		return err_memory(err);
	r = parse(&p, "", &signature, err);
	if (r < 0)
		return r;
	skip_blanks(&p);
	if (*p.at)
		return err_user(err, "\"%s\" is left after the value", p.at);
	if (signature.failed)
		return err_memory(err);
	if (signature.size >= sizeof(value.signature))
		return err_user(err, "the type is too long");
	memcpy(value.signature, signature.data, signature.size + 1);
	*ret = value;
	return 0;
}
