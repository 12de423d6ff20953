#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = '?';
}

__attribute__((format(printf, 3, 0))) static void set_v(struct err *err, int number, const char *format, va_list args)
{
	err->number = number > 0 ? number : EINVAL;
	(void)vsnprintf(err->text, sizeof(err->text), format, args); /* a cut text is still a text */
}

static void append(struct err *err, const char *before, const char *text, const char *after)
{
	size_t used = strlen(err->text);

	(void)snprintf(err->text + used, sizeof(err->text) - used, "%s%s%s", before, text, after);
}

int err_sys(struct err *err, int number, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_v(err, number, format, args);
	va_end(args);
	append(err, ": ", strerror(err->number), "");
	clean(err->text);
	return -err->number;
}

int err_user(struct err *err, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_v(err, EINVAL, format, args);
	va_end(args);
	clean(err->text);
	return -EINVAL;
}

int err_set(struct err *err, int number, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_v(err, number, format, args);
	va_end(args);
	clean(err->text);
	return -err->number;
}

int err_in(struct err *err, const char *format, ...)
{
	struct err outer;
	va_list args;

	va_start(args, format);
	set_v(&outer, err->number, format, args);
	va_end(args);
	append(&outer, ": ", err->text, "");
	*err = outer;
	clean(err->text);
	return -err->number;
}

int err_hint(struct err *err, const char *format, ...)
{
	size_t used;
	va_list args;

	append(err, " (", "", "");
	used = strlen(err->text);
	va_start(args, format);
	(void)vsnprintf(err->text + used, sizeof(err->text) - used, format, args);
	va_end(args);
	append(err, ")", "", "");
	clean(err->text);
	return -err->number;
}

int err_memory(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}

void err_sanitize(struct err *err)
{
	err->text[sizeof(err->text) - 1] = '\0';
	clean(err->text);
	if (err->number <= 0 || err->number > 4095)
		err->number = EINVAL;
}
