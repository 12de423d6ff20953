/* What the commands on named guests share: --store, and the store that it names. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

const struct option_row cli_store_options[] = {
	OPTION_TEXT(struct cli_options, store, "store", 0, "DIR",
		    "of guests (default: /var/lib/kavel, or ~/.local/share/kavel)"),
	OPTION_END,
};

int cli_find_store(struct cli *cli, struct store *ret, struct err *err)
{
	const char *given = cli->options.store;
	char here[PATH_MAX] = "";
	int r = 0;

	ret->path = cli->store;
	ret->host = &cli->host;
	if (!given)
		return store_default_path(cli->store, sizeof(cli->store), err);
	if (!*given)
		return err_user(err, "--store: the name is empty");
	if (*given != '/' && !getcwd(here, sizeof(here)))
		return err_sys(err, errno, "--store %s: current directory", given);
	if ((size_t)snprintf(cli->store, sizeof(cli->store), "%s%s%s", here, *here ? "/" : "", given) >=
	    sizeof(cli->store))
		r = err_set(err, ENAMETOOLONG, "--store: the name is too long");
	/* without a slash at its end, so that paths made of it are those that the runtime reports */
	for (size_t size = strlen(cli->store); size > 1 && cli->store[size - 1] == '/'; size--)
		cli->store[size - 1] = '\0';
	return r;
}
