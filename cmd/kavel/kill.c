#include <signal.h>

#include "base/log.h"
#include "base/signals.h"
#include "cli.h"

/* What the image asks for (annotations of the image specification), as far as this system knows it. */
static int stop_signal(const struct cli *cli, const char *id, int *ret, struct err *err)
{
	struct container_info info;
	struct err why;
	int r = container_info(&cli->host, id, &info, err);

	if (r < 0)
		return r;
	*ret = info.stop_signal ? signal_number(info.stop_signal, &why) : SIGTERM;
	if (*ret <= 0) {
		log_warning("annotations[\"org.opencontainers.image.stopSignal\"] of container %s: \"%.200s\" is no "
			    "signal: "
			    "sending SIGTERM",
			    id, info.stop_signal);
		*ret = SIGTERM;
	}
	container_info_free(&info);
	return 0;
}

/* context: the signal, or -1: the container's own. */
static int kill_one(struct cli *cli, const char *id, void *context, struct err *err)
{
	const int *given = context;
	int number = *given, r = 0;

	if (number < 0)
		r = stop_signal(cli, id, &number, err);
	return r < 0 ? r : container_kill(&cli->host, id, number, cli->options.all, err);
}

static int run(struct cli *cli, char **words, struct err *err)
{
	int number = words[1] ? signal_number(words[1], err) : -1;

	if (words[1] && number < 0)
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
		   "unless given, the one of the annotation org.opencontainers.image.stopSignal, or TERM.",
	.options = { own_options },
	.words_min = 1,
	.words_max = 2,
	.first_is_id = true,
	.run = run,
};
