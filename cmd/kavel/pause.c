/* pause and resume: the two sides of the freezer. */
#include "cli.h"

static int pause_one(struct cli *cli, char **words, struct err *err)
{
	return container_pause(&cli->host, words[0], err);
}

static int resume_one(struct cli *cli, char **words, struct err *err)
{
	return container_resume(&cli->host, words[0], err);
}

const struct cli_command cli_pause = {
	.name = "pause",
	.arguments = "ID",
	.summary = "Freeze all processes of a container",
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = pause_one,
};

const struct cli_command cli_resume = {
	.name = "resume",
	.arguments = "ID",
	.summary = "Thaw the processes of a paused container",
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = resume_one,
};
