#include <signal.h>

#include "cli.h"

static int kill_one(struct cli *cli, const char *id, void *context, struct err *err)
{
	const int *number = context;

	return container_kill(&cli->host, id, *number, cli->options.all, err);
}

static int run(struct cli *cli, char **words, struct err *err)
{
	int number = words[1] ? cli_signal_number(words[1], err) : SIGTERM;

	if (number < 0)
		return number;
	if (cli->options.regex)
		return cli_for_matching(cli, words[0], kill_one, &number, err);
	return kill_one(cli, words[0], &number, err);
}

static const struct option_row own_options[] = {
	OPTION_FLAG(struct cli_options, all, "all", 'a', "send it to all processes of the container"),
	OPTION_FLAG(struct cli_options, regex, "regex", 'r', "ID is a regular expression: all that match"),
	OPTION_END,
};

const struct cli_command cli_kill = {
	.name = "kill",
	.arguments = "ID [SIGNAL]",
	.summary = "Send a signal to a container",
	.details = "SIGNAL is a name with or without SIG, in any case (TERM, sigkill, RTMIN+3), or a number;\n"
		   "TERM when it is not given.",
	.options = { own_options },
	.words_min = 1,
	.words_max = 2,
	.first_is_id = true,
	.run = run,
};
