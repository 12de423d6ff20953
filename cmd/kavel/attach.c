#include "store/attach.h"

#include "cli.h"

static int run(struct cli *cli, char **words, struct err *err)
{
	const struct attach_options options = {
		.detach_keys = cli->options.attach.detach_keys,
		.no_input = cli->options.attach.no_stdin,
		.proxy_signals = cli->options.attach.sig_proxy,
	};
	struct guest guest = GUEST_CLOSED;
	int status = CLI_EXIT_FAILURE;
	struct store store;
	int r = cli_find_store(cli, &store, err);

	if (r == 0)
		r = guest_open(&store, words[0], false, &guest, err);
	if (r == 0)
		r = guest_attach(&store, &guest, &options, &status, err);
	guest_close(&guest);
	return r < 0 ? r : status;
}

#define OPTIONS struct cli_options

static const struct option_row own_options[] = {
	OPTION_TEXT(OPTIONS, attach.detach_keys, "detach-keys", 0, "KEYS",
		    "keys to leave the guest alone (default: ctrl-p,ctrl-q)"),
	OPTION_FLAG(OPTIONS, attach.no_stdin, "no-stdin", 0, "only show what the guest writes"),
	OPTION_FLAG(OPTIONS, attach.sig_proxy, "sig-proxy", 0, "pass signals on to the guest, instead of ending by them"),
	OPTION_END,
};

const struct cli_command cli_attach = {
	.name = "attach",
	.arguments = "NAME",
	.summary = "Show what a guest writes, and type what it reads",
	.details = "What the guest wrote before is in its log.  The exit status is that of the guest when it ends,\n"
		   "and 0 after the detach keys: characters or such as ctrl-a, separated by commas; \"\" is none.",
	.options = { own_options, cli_store_options },
	.words_min = 1,
	.words_max = 1,
	.run = run,
};
