#include <errno.h>
#include <stdlib.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/user.h"
#include "json/encode.h"
#include "cli.h"

/* Everything about the containers, in the order of their IDs. */
struct table {
	struct container_info *rows;
	size_t count;
};

static void table_free(struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		container_info_free(&table->rows[i]);
	free(table->rows);
}

/* A container that vanished meanwhile is left out; one that cannot be read is left out with a warning. */
static int table_load(const struct cli *cli, char **ids, size_t count, struct table *ret, struct err *err)
{
	struct container_host host = cli->host;
	struct cgroup_layout layout;
	struct err ignored;

	ret->rows = calloc(count + 1, sizeof(*ret->rows));
	if (!ret->rows)
		return err_memory(err);
	/* once for all; without it each container looks for itself */
	if (count > 1 && cgroup_detect(&layout, &ignored) == 0)
		host.layout = &layout;
	for (size_t i = 0; i < count; i++) {
		struct err one;
		int r = container_info(&host, ids[i], &ret->rows[ret->count], &one);

		if (r == 0)
			ret->count++;
		else if (r != -ENOENT)
			log_warning("list %s: %s", ids[i], one.text);
	}
	return 0;
}

/* The owner's name, or "#" and the number. */
static const char *owner_name(const struct container_info *row, char room[USER_NAME_MAX])
{
	const char *name = user_name(row->owner, room);

	if (name)
		return name;
	(void)snprintf(room, USER_NAME_MAX, "#%u", row->owner);
	return room;
}

/* crun's set of keys, or the state document with its owner. */
static void append_json_row(const struct cli *cli, const struct container_info *row, struct str_buf *out)
{
	struct json_writer w = JSON_WRITER(out, 0);
	char room[USER_NAME_MAX];

	if (cli->dialect != CLI_CRUN) {
		if (container_info_json(row, false, true, out) < 0)
			out->failed = true; /* it can only run out of memory */
		return;
	}
	json_open_object(&w, NULL);
	json_put_string(&w, "id", row->id);
	json_put_i64(&w, "pid", row->pid);
	json_put_string(&w, "status", container_status_name(row->status));
	json_put_string(&w, "bundle", row->bundle);
	json_put_string(&w, "created", row->created);
	json_put_string(&w, "owner", owner_name(row, room));
	json_close(&w);
}

static void append_json(const struct cli *cli, const struct table *table, struct str_buf *out)
{
	if (!table->count && cli->dialect != CLI_CRUN) {
		str_append(out, "null\n");
		return;
	}
	str_append(out, "[");
	for (size_t i = 0; i < table->count; i++) {
		if (i)
			str_append(out, ",");
		append_json_row(cli, &table->rows[i], out);
	}
	str_append(out, "]\n");
}

enum { COLUMNS = 6 };

static void append_line(const char *const cells[COLUMNS], const size_t widths[COLUMNS], struct str_buf *out)
{
	for (size_t i = 0; i < COLUMNS; i++) {
		size_t start = out->size;

		str_append(out, cells[i]);
		/* a path may hold anything, and a line must stay one line */
		for (size_t at = start; at < out->size; at++)
			if ((unsigned char)out->data[at] < 0x20 || out->data[at] == 0x7f)
				out->data[at] = '?';
		if (i + 1 < COLUMNS)
			str_append_f(out, "%*s", (int)(widths[i] - (out->size - start)), "");
	}
	str_append(out, "\n");
}

static void append_table(const struct cli *cli, const struct table *table, struct str_buf *out)
{
	static const char *const header[COLUMNS] = { "ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER" };
	static const char *const crun_header[COLUMNS] = { "NAME", "PID", "STATUS", "BUNDLE PATH", "CREATED", "OWNER" };
	size_t widths[COLUMNS] = { 12, 12, 12, 12, 12 };

	for (size_t i = 0; i < table->count; i++) {
		const struct container_info *row = &table->rows[i];
		size_t id = strlen(row->id) + 3, bundle = strlen(row->bundle) + 3, created = strlen(row->created) + 3;

		widths[0] = id > widths[0] ? id : widths[0];
		widths[3] = bundle > widths[3] ? bundle : widths[3];
		widths[4] = created > widths[4] ? created : widths[4];
	}
	if (cli->dialect == CLI_CRUN)
		widths[3] = widths[3] < sizeof("BUNDLE PATH") + 2 ? sizeof("BUNDLE PATH") + 2 : widths[3];
	append_line(cli->dialect == CLI_CRUN ? crun_header : header, widths, out);
	for (size_t i = 0; i < table->count; i++) {
		const struct container_info *row = &table->rows[i];
		char pid[16], room[USER_NAME_MAX];

		(void)snprintf(pid, sizeof(pid), "%d", row->pid);
		append_line((const char *const[COLUMNS]){ row->id, pid, container_status_name(row->status), row->bundle,
							  row->created, owner_name(row, room) },
			    widths, out);
	}
}

static int append_list(const struct cli *cli, char **ids, size_t count, struct str_buf *out, struct err *err)
{
	struct table table = { 0 };
	int r;

	if (cli->options.quiet) {
		for (size_t i = 0; i < count; i++)
			str_append_f(out, "%s\n", ids[i]);
		return 0;
	}
	r = table_load(cli, ids, count, &table, err);
	if (r == 0 && cli->options.format == CLI_JSON)
		append_json(cli, &table, out);
	else if (r == 0)
		append_table(cli, &table, out);
	table_free(&table);
	return r;
}

static int run(struct cli *cli, char **words, struct err *err)
{
	autobuf out = { 0 };
	char **ids;
	size_t count;
	int r;

	(void)words; /* none */
	r = container_list(&cli->host, &ids, &count, err);
	if (r < 0)
		return r;
	r = append_list(cli, ids, count, &out, err);
	container_ids_free(ids);
	return r < 0 ? r : cli_print(cli, &out, err);
}

static const struct option_row own_options[] = {
	OPTION_CHOICE(struct cli_options, format, "format", 'f', "FORMAT", cli_formats, "table (default) or json"),
	OPTION_FLAG(struct cli_options, quiet, "quiet", 'q', "print the IDs only"),
	OPTION_END,
};

const struct cli_command cli_list = {
	.name = "list",
	.arguments = "",
	.summary = "List the containers",
	.options = { own_options },
	.run = run,
};
