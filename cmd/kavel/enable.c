/* enable and disable: guests that are started when the system boots. */
#include "base/auto.h"
#include "cli.h"
#include "store/unit.h"

static int set_enabled(struct cli *cli, const char *name, bool enabled, struct err *err)
{
	struct store store;
	struct guest guest;
	int r = cli_find_store(cli, &store, err);

	if (r < 0)
		return r;
	r = guest_open(&store, name, true, &guest, err);
	if (r == 0)
		r = enabled ? unit_enable(&store, name, err) : unit_disable(&store, name, err);
	if (r == 0 && guest.settings.is_enabled != enabled) {
		guest.settings.is_enabled = enabled;
		r = guest_save(&guest, err);
	}
	guest_close(&guest);
	return r;
}

static int run_enable(struct cli *cli, char **words, struct err *err)
{
	return set_enabled(cli, words[0], true, err);
}

static int run_disable(struct cli *cli, char **words, struct err *err)
{
	return set_enabled(cli, words[0], false, err);
}

const struct cli_command cli_enable = {
	.name = "enable",
	.arguments = "NAME",
	.summary = "Start a guest whenever the system boots",
	.details = "Writes the unit kavel@NAME.service of systemd, for a user who is not root one of his own.",
	.options = { cli_store_options },
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = run_enable,
};

const struct cli_command cli_disable = {
	.name = "disable",
	.arguments = "NAME",
	.summary = "Do not start a guest when the system boots",
	.options = { cli_store_options },
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = run_disable,
};
