#include "resctrl/schema.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"

#define BLANKS	     " \t"
#define SCHEMATA_MAX 65536

/* The kernel tells no size of it. */
int resctrl_schemata_read(int root, const char *group, char **ret)
{
	autofree char *text = malloc(SCHEMATA_MAX);
	char path[PATH_MAX];
	ssize_t n;

	if (!text)
		return -ENOMEM;
	if (snprintf(path, sizeof(path), "%s/schemata", group) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	n = file_read_short(root, path, text, SCHEMATA_MAX);
	if (n < 0)
		return (int)n;
	*ret = take_ptr(text);
	return 0;
}

/* A part of a text. */
struct part {
	const char *at;
	size_t size;
};

static struct part trim(struct part part)
{
	while (part.size && strchr(BLANKS, *part.at)) {
		part.at++;
		part.size--;
	}
	while (part.size && strchr(BLANKS, part.at[part.size - 1]))
		part.size--;
	return part;
}

/* Cut off what stands before `separator`, or all; false at the end. */
static bool next_part(struct part *rest, char separator, struct part *ret)
{
	const char *end;

	if (!rest->size)
		return false;
	end = memchr(rest->at, separator, rest->size);
	*ret = trim((struct part){ rest->at, end ? (size_t)(end - rest->at) : rest->size });
	rest->size -= end ? (size_t)(end - rest->at) + 1 : rest->size;
	rest->at = end ? end + 1 : rest->at;
	return true;
}

static bool same(struct part a, struct part b)
{
	return a.size == b.size && memcmp(a.at, b.at, a.size) == 0;
}

static bool is_text(struct part part, const char *text)
{
	return same(part, (struct part){ text, strlen(text) });
}

static bool number(struct part part, int base, uint64_t *ret)
{
	char text[32], *end;

	if (!part.size || part.size >= sizeof(text))
		return false;
	memcpy(text, part.at, part.size);
	text[part.size] = '\0';
	*ret = strtoull(text, &end, base);
	return *end == '\0';
}

/* Find "RESOURCE:..." and return what stands behind the colon. */
static bool find_resource(const char *schemata, struct part resource, struct part *ret)
{
	struct part rest = { schemata, strlen(schemata) }, line, name;

	while (next_part(&rest, '\n', &line)) {
		*ret = line;
		if (next_part(ret, ':', &name) && same(name, resource))
			return true;
	}
	return false;
}

/* Find "DOMAIN=..." in the list of a resource. */
static bool find_domain(struct part list, uint64_t domain, struct part *ret)
{
	struct part item, name;
	uint64_t id;

	while (next_part(&list, ';', &item)) {
		*ret = item;
		if (next_part(ret, '=', &name) && number(name, 10, &id) && id == domain) {
			*ret = trim(*ret);
			return true;
		}
	}
	return false;
}

static bool same_value(struct part wanted, struct part has, bool is_bandwidth, unsigned int granularity)
{
	const int base = is_bandwidth ? 10 : 16;
	uint64_t a, b;

	if (!number(wanted, base, &a) || !number(has, base, &b))
		return same(wanted, has);
	if (is_bandwidth && granularity)
		a = (a + granularity - 1) / granularity * granularity;
	return a == b;
}

static bool line_matches(struct part line, const char *has, unsigned int granularity)
{
	struct part resource, list, item, name, value;
	uint64_t domain;

	if (!next_part(&line, ':', &resource) || !resource.size)
		return true; /* an empty line asks for nothing */
	if (!find_resource(has, resource, &list))
		return false;
	while (next_part(&line, ';', &item)) {
		if (!item.size)
			continue;
		if (!next_part(&item, '=', &name) || !number(name, 10, &domain) || !find_domain(list, domain, &value) ||
		    !same_value(trim(item), value, is_text(resource, "MB"), granularity))
			return false;
	}
	return true;
}

bool resctrl_schema_matches(const char *wanted, const char *has, unsigned int granularity)
{
	struct part rest = { wanted, strlen(wanted) }, line;

	while (next_part(&rest, '\n', &line))
		if (!line_matches(line, has, granularity))
			return false;
	return true;
}

size_t resctrl_schema_line(const char *schemata, const char *resource, const char **ret)
{
	struct part rest = { schemata, strlen(schemata) }, line, list, name;

	while (next_part(&rest, '\n', &line)) {
		list = line;
		if (next_part(&list, ':', &name) && is_text(name, resource)) {
			*ret = line.at;
			return line.size;
		}
	}
	return 0;
}
