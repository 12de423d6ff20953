/* What the commands on named guests share: --store, and the store that it names. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/duration.h"
#include "base/signals.h"
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

int cli_find_shim(const struct cli *cli, struct shim_call *ret, struct arena *arena, struct err *err)
{
	*ret = (struct shim_call){
		.systemd_cgroup = cli->host.cgroup_manager == CGROUP_MANAGER_SYSTEMD,
		.no_cgroup = cli->host.cgroup_manager == CGROUP_MANAGER_DISABLED,
		.attached = cli->options.attached,
	};
	return shim_find(ret, arena, err);
}

static void tell(void *context)
{
	cli_progress_tell(context, "");
}

/* --timeout: seconds, or with a unit. */
static int stop_timeout(const struct cli *cli, const struct guest *guest, uint32_t *ret, struct err *err)
{
	const char *given = cli->options.timeout;
	uint64_t ms = guest->settings.stop_timeout_ms, seconds;

	if (given && str_u64(given, 86400, &seconds))
		ms = seconds * 1000;
	else if (given && !duration_parse(given, &ms))
		return err_user(err, "--timeout %.100s: expected a time such as 5s, 1m30s or 0, up to 24h", given);
	*ret = (uint32_t)ms;
	return 0;
}

int cli_stop_guest(const struct cli *cli, const struct store *store, const struct guest *guest, struct err *err)
{
	struct cli_progress progress;
	struct guest_stop how = { .tell = tell, .context = &progress };
	char doing[300];
	int r = stop_timeout(cli, guest, &how.timeout_ms, err);

	how.number = r < 0 ? r : signal_number(guest->settings.stop_signal, err);
	if (how.number < 0)
		return how.number;
	(void)snprintf(doing, sizeof(doing), "stopping %s", guest->name);
	cli_progress_begin(&progress, doing);
	r = shim_stop(store, guest, &how, err);
	cli_progress_end(&progress);
	return r;
}
