/* down and restart: guests that are stopped by their names. */
#include <errno.h>

#include "base/auto.h"
#include "base/log.h"
#include "cli.h"

typedef int (*on_guest)(struct cli *cli, const struct store *store, struct guest *guest, struct err *err);

/* Do it to each of the names, and report each failure.  Returns an exit status. */
static int for_each(struct cli *cli, const struct store *store, char *const *names, on_guest one)
{
	int status = 0;

	for (; names && *names; names++) {
		struct guest guest;
		struct err err;
		int r = guest_open(store, *names, true, &guest, &err);

		if (r == 0)
			r = one(cli, store, &guest, &err);
		guest_close(&guest);
		if (r < 0) {
			(void)cli_add_context(cli, *names, &err);
			log_error("%s", err.text);
			status = CLI_EXIT_FAILURE;
		}
	}
	return status;
}

static int say(const struct cli *cli, const struct guest *guest, const char *rest, struct err *err)
{
	autobuf out = { 0 };

	str_append_f(&out, "%s%s\n", guest->name, rest);
	return cli_print(cli, &out, err);
}

static int down(struct cli *cli, const struct store *store, struct guest *guest, struct err *err)
{
	int r = cli_stop_guest(cli, store, guest, err);

	return r < 0 ? r : say(cli, guest, r == 1 ? " is stopped already" : "", err);
}

static int run_down(struct cli *cli, char **words, struct err *err)
{
	struct store store;
	char **names;
	size_t count;
	int r = cli_find_store(cli, &store, err);

	if (r < 0)
		return r;
	if (cli->options.all == (words[0] != NULL))
		return err_user(err, words[0] ? "--all and names exclude each other" : "which guest? NAME... or --all");
	if (words[0])
		return for_each(cli, &store, words, down);
	r = store_list(&store, &names, &count, err);
	if (r == 0) {
		r = for_each(cli, &store, names, down);
		container_ids_free(names);
	}
	return r;
}

/* With a new shim, which knows what the settings are by now. */
static int restart(struct cli *cli, const struct store *store, struct guest *guest, struct err *err)
{
	int r = cli_stop_guest(cli, store, guest, err);

	return r < 0 ? r : cli_start_guest(cli, store, guest, err);
}

static int run_restart(struct cli *cli, char **words, struct err *err)
{
	struct store store;
	int r = cli_find_store(cli, &store, err);

	return r < 0 ? r : for_each(cli, &store, words, restart);
}

static const struct option_row timeout_option[] = {
	OPTION_TEXT(struct cli_options, timeout, "timeout", 't', "TIME", "until it is killed (default: the guest's own)"),
	OPTION_END,
};

static const struct option_row all_option[] = {
	OPTION_FLAG(struct cli_options, all, "all", 'a', "all guests"),
	OPTION_END,
};

const struct cli_command cli_down = {
	.name = "down",
	.arguments = "NAME...",
	.summary = "Stop guests, and keep them stopped until they are started",
	.details = "A guest gets its stop signal, and SIGKILL when the time is up.",
	.options = { all_option, timeout_option, cli_store_options },
	.words_max = SIZE_MAX,
	.run = run_down,
};

const struct cli_command cli_restart = {
	.name = "restart",
	.arguments = "NAME...",
	.summary = "Stop guests and start them again",
	.options = { timeout_option, cli_store_options },
	.words_min = 1,
	.words_max = SIZE_MAX,
	.run = run_restart,
};
