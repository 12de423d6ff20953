/* Help, made from the tables of commands and options. */
#include <string.h>

#include "cli.h"

#define SUMMARY "Open Container Initiative runtime"

/* The rest of a usage line.  crun's callers know the ID by another name. */
static void append_arguments(const struct cli *cli, const struct cli_command *command, struct str_buf *out)
{
	const char *arguments = command ? command->arguments : "COMMAND [ARGUMENT...]";
	const char *rest = cli->dialect == CLI_CRUN ? str_after(arguments, "ID") : NULL;

	if (command && command->crun_arguments && cli->dialect == CLI_CRUN)
		str_append_f(out, " %s", command->crun_arguments);
	else if (rest)
		str_append_f(out, " CONTAINER%s", rest);
	else
		str_append_f(out, "%s%s", *arguments ? " " : "", arguments);
}

/* runc's callers expect headings of its kind, crun's a usage line first. */
static void append_usage(const struct cli *cli, const struct cli_command *command, struct str_buf *out)
{
	const char *name = command ? command->name : "";
	const char *summary = command ? command->summary : SUMMARY;

	if (cli->dialect == CLI_RUNC)
		str_append_f(out, "NAME:\n   runc %s%s- %s\n\nUSAGE:\n   ", name, command ? " " : "", summary);
	else
		str_append(out, "Usage: ");
	str_append_f(out, "%s [OPTION...]%s%s", cli->program, command ? " " : "", name);
	append_arguments(cli, command, out);
	str_append(out, "\n\n");
	if (cli->dialect != CLI_RUNC)
		str_append_f(out, "%s\n\n", summary);
	if (command && command->details)
		str_append_f(out, "%s\n\n", command->details);
}

static void append_commands(struct str_buf *out)
{
	str_append(out, "Commands:\n");
	for (const struct cli_command *const *at = cli_commands; *at; at++)
		str_append_f(out, "  %-12s%s\n", (*at)->name, (*at)->summary);
	str_append(out, "\n");
}

static void append_options(const struct cli_command *command, struct str_buf *out)
{
	size_t column = options_width(cli_global_options);

	for (size_t i = 0; command && command->options[i]; i++)
		if (options_width(command->options[i]) > column)
			column = options_width(command->options[i]);
	if (command && command->options[0]) {
		str_append(out, "Options:\n");
		for (size_t i = 0; command->options[i]; i++)
			options_print(command->options[i], column, out);
		str_append(out, "\n");
	}
	str_append(out, "Global options:\n");
	options_print(cli_global_options, column, out);
}

int cli_help_print(const struct cli *cli, const struct cli_command *command, struct err *err)
{
	struct str_buf out = { 0 };
	int r;

	append_usage(cli, command, &out);
	if (!command)
		append_commands(&out);
	append_options(command, &out);
	if (!command)
		str_append_f(&out, "\n\"%s help COMMAND\" tells more about a command.\n", cli->program);
	r = cli_print(cli, &out, err);
	str_buf_free(&out);
	return r;
}

static int run(struct cli *cli, char **words, struct err *err)
{
	const struct cli_command *command = NULL;

	if (words[0]) {
		command = cli_command_find(words[0]);
		if (!command)
			return cli_unknown_command(cli, words[0], err);
	}
	return cli_help_print(cli, command, err);
}

const struct cli_command cli_help = {
	.name = "help",
	.arguments = "[COMMAND]",
	.summary = "Print help for the program or a command",
	.words_max = 1,
	.needs_no_root = true,
	.run = run,
};
