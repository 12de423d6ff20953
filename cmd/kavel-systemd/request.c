#include "request.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SIZE_MAX_ (4u << 20)
#define TYPE_MAX  64

int request_read(struct request *request)
{
	char *words = malloc(SIZE_MAX_);
	size_t size = 0;
	ssize_t n;

	if (!words)
		return -ENOMEM;
	while ((n = read(STDIN_FILENO, words + size, SIZE_MAX_ - size)) > 0)
		size += (size_t)n;
	if (n < 0 || size == SIZE_MAX_ || (size && words[size - 1])) {
		free(words);
		return n < 0 ? -errno : -EINVAL;
	}
	*request = (struct request){ .words = words, .size = size };
	return 0;
}

const char *request_next(struct request *request)
{
	const char *word = request->words + request->at;

	if (request->at >= request->size)
		return NULL;
	request->at += strlen(word) + 1;
	return word;
}

/* Append one basic value. */
static int append_basic(sd_bus_message *message, char type, const char *word)
{
	uint64_t number;
	double real;
	char *end;

	errno = 0;
	switch (type) {
	case 's':
	case 'o':
		return sd_bus_message_append_basic(message, type, word);
	case 'd':
		real = strtod(word, &end);
		return *end ? -EINVAL : sd_bus_message_append(message, "d", real);
	default:
		number = *word == '-' ? (uint64_t)strtoll(word, &end, 10) : strtoull(word, &end, 10);
		if (*end || errno)
			return -EINVAL;
	}
	switch (type) {
	case 'b':
	case 'i':
	case 'u':
		return sd_bus_message_append(message, (char[]){ type, '\0' }, (uint32_t)number);
	case 'x':
	case 't':
		return sd_bus_message_append(message, (char[]){ type, '\0' }, number);
	case 'n':
	case 'q':
		return sd_bus_message_append(message, (char[]){ type, '\0' }, (unsigned int)(uint16_t)number);
	case 'y':
		return sd_bus_message_append(message, "y", (unsigned int)(uint8_t)number);
	default:
		return -EINVAL;
	}
}

/* The size of the first complete type of a signature; 0: there is none. */
static size_t type_size(const char *signature)
{
	size_t n = strspn(signature, "a"), depth = 0;

	do {
		if (!signature[n])
			return 0;
		depth += signature[n] == '(';
		depth -= signature[n] == ')' && depth;
		n++;
	} while (depth);
	return n < TYPE_MAX ? n : 0;
}

static int append_types(struct request *request, sd_bus_message *message, const char *signature, size_t size,
			unsigned int depth);

static int append_array(struct request *request, sd_bus_message *message, const char *element, size_t size,
			unsigned int depth)
{
	const char *word = request_next(request);
	char contents[TYPE_MAX];
	unsigned long count;
	char *end;
	int r;

	if (!word)
		return -EINVAL;
	count = strtoul(word, &end, 10);
	if (*end || size >= sizeof(contents))
		return -EINVAL;
	memcpy(contents, element, size);
	contents[size] = '\0';
	r = sd_bus_message_open_container(message, 'a', contents);
	for (unsigned long i = 0; r >= 0 && i < count; i++)
		r = append_types(request, message, element, size, depth + 1);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

static int append_structure(struct request *request, sd_bus_message *message, const char *members, size_t size,
			    unsigned int depth)
{
	char contents[TYPE_MAX];
	int r;

	if (size >= sizeof(contents))
		return -EINVAL;
	memcpy(contents, members, size);
	contents[size] = '\0';
	r = sd_bus_message_open_container(message, 'r', contents);
	if (r >= 0)
		r = append_types(request, message, members, size, depth + 1);
	return r < 0 ? r : sd_bus_message_close_container(message);
}

/* Append the values of the `size` characters of a signature, from the words that come. */
static int append_types(struct request *request, sd_bus_message *message, const char *signature, size_t size,
			unsigned int depth)
{
	const char *end = signature + size, *word;
	int r = 0;

	if (depth > 8)
		return -EINVAL;
	while (r >= 0 && signature < end) {
		size_t one = type_size(signature);

		if (!one || one > (size_t)(end - signature))
			return -EINVAL;
		if (*signature == 'a') {
			r = append_array(request, message, signature + 1, one - 1, depth);
		} else if (*signature == '(') {
			r = append_structure(request, message, signature + 1, one - 2, depth);
		} else {
			word = request_next(request);
			r = word ? append_basic(message, *signature, word) : -EINVAL;
		}
		signature += one;
	}
	return r;
}

int request_append_properties(struct request *request, sd_bus_message *message, const char **ret_bad)
{
	const char *name, *signature;
	int r = sd_bus_message_open_container(message, 'a', "(sv)");

	while (r >= 0 && (name = request_next(request))) {
		*ret_bad = name;
		signature = request_next(request);
		if (!signature)
			return -EINVAL;
		r = sd_bus_message_open_container(message, 'r', "sv");
		if (r >= 0)
			r = sd_bus_message_append_basic(message, 's', name);
		if (r >= 0)
			r = sd_bus_message_open_container(message, 'v', signature);
		if (r >= 0)
			r = append_types(request, message, signature, strlen(signature), 0);
		if (r >= 0)
			r = sd_bus_message_close_container(message);
		if (r >= 0)
			r = sd_bus_message_close_container(message);
	}
	return r < 0 ? r : sd_bus_message_close_container(message);
}
