#include "log_choose.h"

#include <string.h>

#include "base/auto.h"
#include "base/str.h"

static const struct log_choice_row {
	const char *name;
	const struct log_driver *driver;
	bool passes_through;
} rows[] = {
	{ "k8s-file", &log_k8s_file, false },
	{ "json-file", &log_json_file, false },
	{ "journald", &log_journald, false },
	{ "passthrough", NULL, true },
	{ "none", NULL, false },
	{ "off", NULL, false },
	{ "null", NULL, false },
};

static const struct log_choice_row *find(const char *name, size_t size)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (strlen(rows[i].name) == size && strncmp(rows[i].name, name, size) == 0)
			return &rows[i];
	return NULL;
}

int log_choose(const char *text, struct log_choice *ret, struct err *err)
{
	size_t size = strcspn(text, ":/");
	const struct log_choice_row *row = text[size] == '/' ? NULL : find(text, size);
	struct log_choice choice = { .driver = &log_k8s_file, .path = text };

	if (row)
		choice = (struct log_choice){ row->driver, text[size] ? text + size + 1 : "", row->passes_through };
	else if (text[size] == ':')
		return err_user(err, "log driver %.*s is not known (k8s-file, json-file, journald, passthrough, none)",
				(int)size, text);
	if (choice.driver && choice.driver->needs_path && !*choice.path)
		return err_user(err, "log driver %s needs a path: %s:PATH", choice.driver->name, choice.driver->name);
	*ret = choice;
	return 0;
}

int logs_pass_through(const struct log_settings *settings, bool *ret, struct err *err)
{
	bool passes = false;

	for (size_t i = 0; i < settings->paths.count; i++) {
		struct log_choice choice;
		int r = log_choose(settings->paths.items[i], &choice, err);

		if (r < 0)
			return r;
		passes = passes || choice.passes_through;
	}
	if (passes && settings->paths.count > 1)
		return err_user(
			err,
			"log driver passthrough cannot be combined with others: the output does not pass through here");
	*ret = passes;
	return 0;
}
