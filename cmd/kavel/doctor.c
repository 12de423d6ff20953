/* doctor: the checks one after the other, their findings as a table or as JSON; and --repair. */
#include "doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/user.h"
#include "container/leftovers.h"
#include "json/encode.h"

#define FILE_SIZE_MAX (4u << 20)
#define NUMBER_ROOM   32

/* ---------------------------------------------------------------- what checks use */

void doctor_tell(struct doctor *doctor, enum doctor_status status, const char *change, const char *format, ...)
{
	struct doctor_finding *items = doctor->items;
	char text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (doctor->count == doctor->room) {
		doctor->room = doctor->room ? 2 * doctor->room : 64;
		items = reallocarray(items, doctor->room, sizeof(*items));
		if (!items) {
			doctor->failed = true;
			doctor->room = doctor->count;
			return;
		}
		doctor->items = items;
	}
	items[doctor->count++] = (struct doctor_finding){
		.check = doctor->check,
		.status = status,
		.text = arena_strdup(&doctor->arena, text),
		.change = change ? arena_strdup(&doctor->arena, change) : NULL,
	};
	if (!items[doctor->count - 1].text)
		doctor->failed = true;
}

const char *doctor_path(struct doctor *doctor, const char *path)
{
	const char *whole = arena_printf(&doctor->arena, "%s%s", doctor->host, path);

	return whole ? whole : "";
}

char *doctor_read(struct doctor *doctor, const char *path)
{
	const char *whole = doctor_path(doctor, path);
	autofree char *text = NULL;
	struct err ignored;
	struct stat st;
	size_t size;

	/* a pipe would be waited for; files of procfs have no size, so they are read to their end */
	if (stat(whole, &st) < 0 || !S_ISREG(st.st_mode) ||
	    file_read_stream(whole, FILE_SIZE_MAX, &text, &size, &ignored) < 0)
		return NULL;
	return arena_strdup(&doctor->arena, text);
}

long doctor_read_number(struct doctor *doctor, const char *path, long otherwise)
{
	char text[NUMBER_ROOM];

	if (file_read_short(AT_FDCWD, doctor_path(doctor, path), text, sizeof(text)) <= 0)
		return otherwise;
	return *text == 'Y' ? 1 : strtol(text, NULL, 10);
}

bool doctor_has(struct doctor *doctor, const char *path)
{
	return access(doctor_path(doctor, path), F_OK) == 0;
}

const char *doctor_find_program(struct doctor *doctor, const char *name)
{
	static const char *const folders[] = { "/usr/local/sbin", "/usr/local/bin", "/usr/sbin",
					       "/usr/bin",	  "/sbin",	    "/bin" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		const char *path = arena_printf(&doctor->arena, "%s/%s", folders[i], name);

		if (path && doctor_has(doctor, path))
			return path;
	}
	return NULL;
}

void doctor_each_file(struct doctor *doctor, const char *folder, const char *ending,
		      void (*visit)(struct doctor *doctor, const char *path, void *data), void *data)
{
	struct dirent **entries = NULL;
	int count = scandir(doctor_path(doctor, folder), &entries, NULL, alphasort);

	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		size_t size = strlen(name), end = strlen(ending);

		if (*name != '.' && size > end && str_eq(name + size - end, ending)) {
			const char *path = arena_printf(&doctor->arena, "%s/%s", folder, name);

			if (path)
				visit(doctor, path, data);
		}
		free(entries[i]);
	}
	free(entries);
}

/* ---------------------------------------------------------------- output */

static const char *const status_names[] = { [DOCTOR_OK] = "ok", [DOCTOR_WARN] = "warn", [DOCTOR_FAIL] = "fail" };

static void append_table(const struct doctor *doctor, struct str_buf *out)
{
	for (size_t i = 0; i < doctor->count; i++) {
		const struct doctor_finding *item = &doctor->items[i];
		size_t start;

		str_append_f(out, "%-5s %-12s ", status_names[item->status], item->check);
		start = out->size;
		str_append(out, item->text);
		/* names of files may hold anything, and a line must stay one line */
		for (size_t at = start; !out->failed && at < out->size; at++)
			if ((unsigned char)out->data[at] < 0x20 || out->data[at] == 0x7f)
				out->data[at] = '?';
		str_append(out, "\n");
		if (item->change)
			str_append_f(out, "%19s-> %s\n", "", item->change);
	}
}

static void append_json(const struct doctor *doctor, struct str_buf *out)
{
	struct json_writer w = JSON_WRITER(out, 2);

	json_open_array(&w, NULL);
	for (size_t i = 0; i < doctor->count; i++) {
		const struct doctor_finding *item = &doctor->items[i];

		json_open_object(&w, NULL);
		json_put_string(&w, "check", item->check);
		json_put_string(&w, "status", status_names[item->status]);
		json_put_string(&w, "finding", item->text);
		if (item->change)
			json_put_string(&w, "change", item->change);
		json_close(&w);
	}
	json_close(&w);
	str_append(out, "\n");
}

static int print(const struct doctor *doctor, struct err *err)
{
	autobuf out = { 0 };

	if (doctor->failed)
		return err_memory(err);
	if (doctor->cli->options.format == CLI_JSON)
		append_json(doctor, &out);
	else
		append_table(doctor, &out);
	return cli_print(doctor->cli, &out, err);
}

/* ---------------------------------------------------------------- the command */

static void check_all(struct doctor *doctor)
{
	static const struct doctor_check *const tables[] = { doctor_kernel_checks, doctor_user_checks,
							     doctor_cgroup_checks, doctor_state_checks,
							     doctor_engine_checks };

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++)
		for (const struct doctor_check *row = tables[i]; row->name; row++) {
			doctor->check = row->name;
			row->run(doctor);
		}
}

/* Each one that is removed is told; what is not is a warning of the check that follows. */
static int repair(struct cli *cli, struct err *err)
{
	struct leftovers found;
	int r = leftovers_find(&cli->host, &found, err);

	for (size_t i = 0; r == 0 && i < found.count; i++) {
		const struct leftover *item = &found.items[i];
		struct err why;

		if (!leftovers_can_remove(item))
			continue;
		if (leftovers_remove(&cli->host, item, &why) < 0)
			log_warning("%s %s: %s", leftovers_kind_name(item->kind), item->name, why.text);
		else
			log_info("removed %s %s", leftovers_kind_name(item->kind), item->name);
	}
	if (r == 0)
		leftovers_free(&found);
	return r;
}

static int run(struct cli *cli, char **words, struct err *err)
{
	const char *host = cli->options.doctor_host;
	struct doctor doctor = { .cli = cli,
				 .host = host && !str_eq(host, "/") ? host : "",
				 .is_root = user_is_host_root() };
	bool fails = false;
	int r = 0;

	(void)words; /* none */
	if (cli->options.repair && *doctor.host)
		return err_user(err, "--repair is for this host: it cannot be given with --host");
	if (cli->options.repair)
		r = repair(cli, err);
	if (r < 0)
		return r;
	check_all(&doctor);
	for (size_t i = 0; i < doctor.count; i++)
		fails |= doctor.items[i].status == DOCTOR_FAIL;
	r = print(&doctor, err);
	arena_free(&doctor.arena);
	free(doctor.items);
	return r < 0 ? r : fails ? CLI_EXIT_FAILURE : 0;
}

static const struct option_row own_options[] = {
	OPTION_CHOICE(struct cli_options, format, "format", 'f', "FORMAT", cli_formats, "table (default) or json"),
	OPTION_TEXT(struct cli_options, doctor_host, "host", 0, "DIR", "read the files of the host below DIR"),
	OPTION_FLAG(struct cli_options, repair, "repair", 0, "remove what containers that ended left behind"),
	OPTION_END,
};

const struct cli_command cli_doctor = {
	.name = "doctor",
	.arguments = "",
	.summary = "Check this host, and say what to change",
	.details = "Nothing is changed without --repair, which removes containers that have ended, creates that were\n"
		   "cut short and cgroups without a container: nothing that has a process, or may be another's.\n"
		   "The exit status is 1 when a check fails.",
	.options = { own_options },
	.run = run,
	.needs_no_root = true,
};
