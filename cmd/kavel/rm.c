/* rm and rename. */
#include <errno.h>
#include <stdio.h>

#include "base/auto.h"
#include "base/log.h"
#include "cli.h"
#include "store/make.h"
#include "store/tree.h"
#include "store/unit.h"

static void tell(void *context, uint64_t count)
{
	char how_far[64];

	(void)snprintf(how_far, sizeof(how_far), "%llu files", (unsigned long long)count);
	cli_progress_tell(context, how_far);
}

static int remove_files(const struct cli *cli, const struct store *store, struct guest *guest, struct err *err)
{
	struct cli_progress shown;
	struct tree_progress progress = { .tell = tell, .context = &shown };
	char doing[300];
	int r;

	(void)snprintf(doing, sizeof(doing), "removing %s", guest->name);
	cli_progress_begin(&shown, doing);
	r = guest_remove(store, guest, cli->options.keep_data, &progress, err);
	cli_progress_end(&shown);
	return r;
}

/* Running: refused, or stopped. */
static int make_stopped(struct cli *cli, const struct store *store, const struct guest *guest, bool is_whole,
			struct err *err)
{
	static const struct guest_stop kill = { .number = 9 };
	struct guest_status status;
	int r = guest_status(store, guest, &status, err);
	const bool runs = r == 0 && (status.shim || status.pid);

	if (r < 0)
		return r;
	guest_status_free(&status);
	if (runs && !cli->options.force)
		return err_set(err, EBUSY, "it is running (\"down %s\" stops it%s)", guest->name,
			       cli->command == &cli_rm ? "; --force" : "");
	/* without settings there is no stop signal */
	r = is_whole ? cli_stop_guest(cli, store, guest, err) : shim_stop(store, guest, &kill, err);
	return r < 0 ? r : 0;
}

static int remove_one(struct cli *cli, const struct store *store, const char *name, struct err *err)
{
	struct guest guest;
	int r = guest_open_any(store, name, false, &guest, err);
	const bool is_damaged = r < 0 && guest.dir >= 0 && r != -EBUSY;

	/* by force also what a killed program left, or what cannot be read */
	if (r == 1 && !cli->options.force)
		r = err_hint(err, "what a killed command left of it is removed by --force");
	if (r == 1 || (is_damaged && cli->options.force))
		r = make_stopped(cli, store, &guest, false, err);
	else if (r == 0)
		r = make_stopped(cli, store, &guest, true, err);
	if (r == 0 && guest.settings.is_enabled)
		r = unit_disable(store, name, err);
	if (r == 0)
		r = remove_files(cli, store, &guest, err);
	guest_close(&guest);
	return r == -ENOENT && cli->options.force ? 0 : r;
}

static int run_rm(struct cli *cli, char **words, struct err *err)
{
	struct store store;
	int status = 0, r = cli_find_store(cli, &store, err);

	if (r < 0)
		return r;
	for (; *words; words++) {
		struct err one;

		if (remove_one(cli, &store, *words, &one) < 0) {
			(void)cli_add_context(cli, *words, &one);
			log_error("%s", one.text);
			status = CLI_EXIT_FAILURE;
		}
	}
	return status;
}

static int run_rename(struct cli *cli, char **words, struct err *err)
{
	struct store store;
	struct guest guest;
	int r = cli_find_store(cli, &store, err);

	if (r < 0)
		return r;
	r = guest_open(&store, words[0], true, &guest, err);
	if (r == 0)
		r = make_stopped(cli, &store, &guest, true, err);
	if (r == 0 && guest.settings.is_enabled)
		r = unit_disable(&store, words[0], err);
	if (r == 0)
		r = guest_rename(&store, &guest, words[1], err);
	if (r == 0 && guest.settings.is_enabled)
		r = unit_enable(&store, words[1], err);
	guest_close(&guest);
	return r;
}

static const struct option_row rm_options[] = {
	OPTION_FLAG(struct cli_options, force, "force", 'f', "stop it first; one that does not exist is no failure"),
	OPTION_FLAG(struct cli_options, keep_data, "keep-data", 0, "keep what it wrote, for the next guest of that name"),
	OPTION_END,
};

const struct cli_command cli_rm = {
	.name = "rm",
	.arguments = "NAME...",
	.summary = "Remove guests with all they wrote",
	.options = { rm_options, cli_store_options },
	.words_min = 1,
	.words_max = SIZE_MAX,
	.run = run_rm,
};

const struct cli_command cli_rename = {
	.name = "rename",
	.arguments = "NAME NEWNAME",
	.summary = "Give a stopped guest another name",
	.options = { cli_store_options },
	.words_min = 2,
	.words_max = 2,
	.first_is_id = true,
	.run = run_rename,
};
