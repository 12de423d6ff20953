/* status: a table of the named guests; inspect: all about one of them. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "cli.h"
#include "json/encode.h"
#include "json/read.h"
#include "store/control.h"

enum { COLUMNS = 7 };

#define CELL_MAX     40
#define DOCUMENT_MAX (16u << 20)
#define ANSWER_MS    1000

/* How long ago that was ("2026-01-02T03:04:05.123Z"), in seconds; -1: it is no time. */
static int64_t age(const char *text)
{
	struct timespec when;
	time_t now = time(NULL);

	if (!text || !clock_parse(text, strlen(text), &when))
		return -1;
	return when.tv_sec > now ? 0 : now - when.tv_sec;
}

/* "3d 4h", "5h 10m", "7m", "12s" */
static void put_age(int64_t seconds, char cell[CELL_MAX])
{
	if (seconds < 0)
		(void)snprintf(cell, CELL_MAX, "-");
	else if (seconds < 60)
		(void)snprintf(cell, CELL_MAX, "%llds", (long long)seconds);
	else if (seconds < 3600)
		(void)snprintf(cell, CELL_MAX, "%lldm", (long long)seconds / 60);
	else if (seconds < 86400)
		(void)snprintf(cell, CELL_MAX, "%lldh %lldm", (long long)seconds / 3600, (long long)seconds / 60 % 60);
	else
		(void)snprintf(cell, CELL_MAX, "%lldd %lldh", (long long)seconds / 86400,
			       (long long)seconds / 3600 % 24);
}

/* One line; the name's width decides about the first column. */
static void append_row(const struct guest *guest, const struct guest_status *s, int width, struct str_buf *out)
{
	char pid[CELL_MAX] = "-", uptime[CELL_MAX] = "-", code[CELL_MAX] = "-";

	if (s->pid)
		(void)snprintf(pid, sizeof(pid), "%d", s->pid);
	if (s->pid)
		put_age(age(s->started), uptime);
	if (s->has_ended && !s->pid)
		(void)snprintf(code, sizeof(code), "%s", "?");
	if (s->has_exit_code && !s->pid)
		(void)snprintf(code, sizeof(code), "%lld", (long long)s->exit_code);
	str_append_f(out, "%-*s  %-12s %-8s %-10s %-9llu %-9s %s\n", width, guest->name, s->status, pid,
		     s->pid && s->health ? s->health : "-", (unsigned long long)s->restarts, uptime, code);
}

static void put_status(struct json_writer *w, const struct guest *guest, const struct guest_status *s)
{
	json_put_string(w, "name", guest->name);
	json_put_string(w, "status", s->status);
	json_put_i64(w, "pid", s->pid);
	json_put_i64(w, "shim", s->shim);
	json_put_bool(w, "enabled", guest->settings.is_enabled);
	if (s->health)
		json_put_string(w, "health", s->health);
	json_put_u64(w, "restarts", s->restarts);
	if (s->pid && s->started)
		json_put_string(w, "startedAt", s->started);
	if (s->has_ended && s->finished)
		json_put_string(w, "finishedAt", s->finished);
	if (s->has_exit_code)
		json_put_i64(w, "exitCode", s->exit_code);
	if (s->error)
		json_put_string(w, "error", s->error);
}

struct output {
	struct str_buf *text;
	struct json_writer writer;
	int width;
	bool is_json;
};

static int append_guest(const struct store *store, const char *name, struct output *output, struct err *err)
{
	struct guest_status status;
	struct guest guest;
	int r = guest_open(store, name, false, &guest, err);

	if (r == 0)
		r = guest_status(store, &guest, &status, err);
	if (r < 0) {
		guest_close(&guest);
		return r;
	}
	if (output->is_json) {
		json_open_object(&output->writer, NULL);
		put_status(&output->writer, &guest, &status);
		json_close(&output->writer);
	} else {
		append_row(&guest, &status, output->width, output->text);
	}
	guest_status_free(&status);
	guest_close(&guest);
	return 0;
}

/* Those that cannot be read are reported; one that vanished meanwhile is so only when it was asked for. */
static int append_all(const struct cli *cli, const struct store *store, char *const *names, bool were_named,
		      struct output *output)
{
	int status = 0;

	for (; names && *names; names++) {
		struct err err;
		int r = append_guest(store, *names, output, &err);

		if (r == 0 || (r == -ENOENT && !were_named))
			continue;
		(void)cli_add_context(cli, *names, &err);
		log_error("%s", err.text);
		status = CLI_EXIT_FAILURE;
	}
	return status;
}

static int longest(char *const *names)
{
	size_t width = 12;

	for (; names && *names; names++)
		width = strlen(*names) > width ? strlen(*names) : width;
	return (int)width;
}

static int print_all(const struct cli *cli, const struct store *store, char *const *names, bool were_named,
		     struct err *err)
{
	static const char *const header[COLUMNS] = { "NAME", "STATUS", "PID", "HEALTH", "RESTARTS", "UPTIME", "EXIT" };
	autobuf text = { 0 };
	struct output output = { .text = &text,
				 .writer = JSON_WRITER(&text, 2),
				 .width = longest(names),
				 .is_json = cli->options.format == CLI_JSON };
	int status, r;

	if (output.is_json)
		json_open_array(&output.writer, NULL);
	else
		str_append_f(&text, "%-*s  %-12s %-8s %-10s %-9s %-9s %s\n", output.width, header[0], header[1],
			     header[2], header[3], header[4], header[5], header[6]);
	status = append_all(cli, store, names, were_named, &output);
	if (output.is_json) {
		json_close(&output.writer);
		str_append(&text, "\n");
	}
	r = cli_print(cli, &text, err);
	return r < 0 ? r : status;
}

static int print_names(const struct cli *cli, char *const *names, struct err *err)
{
	autobuf text = { 0 };

	str_append(&text, "");
	for (; names && *names; names++)
		str_append_f(&text, "%s\n", *names);
	return text.size ? cli_print(cli, &text, err) : 0;
}

static int run_status(struct cli *cli, char **words, struct err *err)
{
	struct container_host host = cli->host;
	struct cgroup_layout layout;
	struct store store;
	char **names = NULL;
	size_t count;
	int r = cli_find_store(cli, &store, err);

	if (r == 0 && !words[0])
		r = store_list(&store, &names, &count, err);
	if (r < 0)
		return r;
	/* once for all; without it each guest looks for itself */
	if (cgroup_detect(&layout, err) == 0)
		host.layout = &layout;
	store.host = &host;
	if (cli->options.quiet)
		r = print_names(cli, words[0] ? words : names, err);
	else
		r = print_all(cli, &store, words[0] ? words : names, words[0], err);
	container_ids_free(names);
	return r;
}

/* ---------------------------------------------------------------- inspect */

static void put_paths(struct json_writer *w, const struct guest *guest)
{
	const struct {
		const char *key, *path;
	} paths[] = {
		{ "guest", guest->path }, { "bundle", guest->bundle },		{ "layers", guest->layers },
		{ "log", guest->log },	  { "exitRecord", guest->exit_record }, { "run", guest->run },
	};

	json_open_object(w, "paths");
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		json_put_string(w, paths[i].key, paths[i].path);
	json_close(w);
}

/* null where there is none, or where it is damaged: what is around it stays JSON. */
static void put_document(struct json_writer *w, const char *key, const char *text)
{
	struct json_t *value = NULL;
	struct err err;

	if (!text) {
		json_put_null(w, key);
		return;
	}
	if (json_read(text, strlen(text), key, &value, &err) == 0) {
		json_put_value(w, key, value);
	} else {
		log_warning("%s", err.text);
		json_put_null(w, key);
	}
	json_free(value);
}

static void put_file(struct json_writer *w, const char *key, int dir, const char *path)
{
	autofree char *text = NULL;
	struct err ignored;
	size_t size;

	put_document(w, key, file_read(dir, path, DOCUMENT_MAX, &text, &size, &ignored) < 0 ? NULL : text);
}

/* The shim itself knows more than it last wrote to its file: how much was logged. */
static void put_shim(struct json_writer *w, const struct guest *guest, const struct guest_status *status)
{
	autobuf answer = { 0 };
	struct err ignored;
	bool answered =
		status->shim && control_request(guest->run, "status", ANSWER_MS, NULL, NULL, &answer, &ignored) == 0;

	put_document(w, "shimStatus", answered ? answer.data : status->status_text);
}

static int run_inspect(struct cli *cli, char **words, struct err *err)
{
	struct guest_status status = { 0 };
	autobuf text = { 0 };
	struct json_writer w = JSON_WRITER(&text, 4);
	struct store store;
	struct guest guest;
	int r = cli_find_store(cli, &store, err);

	if (r < 0)
		return r;
	r = guest_open(&store, words[0], false, &guest, err);
	if (r == 0)
		r = guest_status(&store, &guest, &status, err);
	if (r == 0) {
		json_open_object(&w, NULL);
		put_status(&w, &guest, &status);
		put_paths(&w, &guest);
		put_file(&w, "settings", guest.dir, "guest.json");
		put_shim(&w, &guest, &status);
		put_document(&w, "exit", status.exit_text);
		put_file(&w, "config", guest.dir, "bundle/config.json");
		json_close(&w);
		str_append(&text, "\n");
		r = cli_print(cli, &text, err);
	}
	guest_status_free(&status);
	guest_close(&guest);
	return r;
}

static const struct option_row status_options[] = {
	OPTION_CHOICE(struct cli_options, format, "format", 'f', "FORMAT", cli_formats, "table (default) or json"),
	OPTION_FLAG(struct cli_options, quiet, "quiet", 'q', "print the names only"),
	OPTION_END,
};

static const struct str_name inspect_formats[] = { { "json", CLI_JSON }, { 0 } };

static const struct option_row inspect_options[] = {
	OPTION_CHOICE(struct cli_options, format, "format", 'f', "FORMAT", inspect_formats, "json, as without it"),
	OPTION_END,
};

const struct cli_command cli_status = {
	.name = "status",
	.arguments = "[NAME...]",
	.summary = "List the named guests and what they do",
	.options = { status_options, cli_store_options },
	.words_max = SIZE_MAX,
	.run = run_status,
};

const struct cli_command cli_inspect = {
	.name = "inspect",
	.arguments = "NAME",
	.summary = "Print all about a guest: settings, status, last end, paths, configuration",
	.options = { inspect_options, cli_store_options },
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = run_inspect,
};
