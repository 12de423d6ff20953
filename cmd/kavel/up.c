#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/log.h"
#include "cli.h"
#include "store/attach.h"
#include "store/make.h"

#define EXIT_CANNOT_EXECUTE 126
#define EXIT_NOT_FOUND	    127
#define ENDED_MS	    5000 /* for a shim that writes down how its guest ended */

static int print_name(const struct cli *cli, const char *name, const char *rest, struct err *err)
{
	autobuf out = { 0 };

	if (cli->options.attached)
		return 0; /* what is printed is the guest's */

	str_append_f(&out, "%s%s\n", name, rest);
	return cli_print(cli, &out, err);
}

/* The exit status of a failure to start: as of a shell where the guest's program is missing, or no program. */
static int start_status(const struct err *err)
{
	if (!strstr(err->text, ": exec: ") && !strstr(err->text, ": exec /"))
		return CLI_EXIT_FAILURE;
	if (strstr(err->text, "not found") || strcasestr(err->text, "no such file"))
		return EXIT_NOT_FOUND;
	return EXIT_CANNOT_EXECUTE;
}

/* Make it as the command line says. */
static int make(struct cli *cli, const struct store *store, struct guest *guest, char **command, struct err *err)
{
	struct guest_make how = { .options = &cli->options.up,
				  .command = command,
				  .is_temporary = cli->options.temporary };

	how.words.items = cli_up_words(cli, &guest->arena, &how.words.count);
	if (!how.words.items)
		return err_memory(err);
	return guest_make(store, guest, &how, err);
}

/* What the runtime or a killed shim left of an earlier run. */
static int clear_remains(const struct store *store, const struct guest *guest, const struct guest_status *status,
			 struct err *err)
{
	struct container_info info;
	int r;

	if (!status->has_container)
		return 0;
	r = container_info(store->host, guest->name, &info, err);
	if (r < 0)
		return r == -ENOENT ? 0 : container_delete(store->host, guest->name, true, err);
	if (!str_eq(info.bundle, guest->bundle))
		r = err_set(err, EEXIST, "there is a container \"%s\" that is no guest (its bundle is %s)", guest->name,
			    info.bundle);
	container_info_free(&info);
	return r < 0 ? r : container_delete(store->host, guest->name, true, err);
}

int cli_start_guest(const struct cli *cli, const struct store *store, const struct guest *guest, struct err *err)
{
	struct arena arena = { 0 };
	struct guest_status status;
	struct shim_call call;
	pid_t pid;
	int r = guest_status(store, guest, &status, err);

	if (r < 0)
		return r;
	if (status.state == GUEST_RUNNING) {
		r = print_name(cli, guest->name, status.pid ? " is running already" : " is being started again", err);
		guest_status_free(&status);
		return r;
	}
	if (status.state == GUEST_STOPPED)
		r = clear_remains(store, guest, &status, err);
	if (r == 0)
		r = guest_prepare(guest, err);
	if (r == 0)
		r = cli_find_shim(cli, &call, &arena, err);
	if (r == 0)
		r = shim_start(store, guest, &call, status.state == GUEST_UNATTENDED, &pid, err);
	if (r == 0)
		r = print_name(cli, guest->name, status.state == GUEST_UNATTENDED ? " has a shim again" : "", err);
	guest_status_free(&status);
	arena_free(&arena);
	return r;
}

static int stop_for_replacement(const struct cli *cli, const struct store *store, const struct guest *guest,
				struct err *err)
{
	int r = cli_stop_guest(cli, store, guest, err);

	return r < 0 ? r : 0;
}

/* A guest that the words describe: there is none, or it is to be replaced.  is_new: it has no settings yet. */
static int make_and_start(struct cli *cli, const struct store *store, struct guest *guest, char **command, bool is_new,
			  struct err *err)
{
	/* kept by rm --keep-data, or of one that was killed while it made them */
	const bool had_layers = faccessat(guest->dir, "layers", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	int r;

	if (!is_new && !cli->options.replace)
		return err_set(err, EEXIST,
			       "it exists already (\"up %s\" alone starts it as it is, --replace makes it anew)",
			       guest->name);
	/* what is wrong is told before anything is stopped */
	r = make(cli, store, guest, command, err);
	if (r == 0 && !is_new)
		r = stop_for_replacement(cli, store, guest, err);
	if (r == 0)
		r = cli_start_guest(cli, store, guest, err);
	if (r < 0 && is_new) {
		struct err ignored;

		(void)guest_remove(store, guest, had_layers, NULL, &ignored); /* the first failure is the one to tell */
	}
	return r;
}

/* Was anything given that describes a guest? */
static bool describes(const struct cli *cli, char *const *words)
{
	struct arena arena = { 0 };
	size_t count = 0;

	if (words[1] || cli->options.replace || cli->options.temporary)
		return true;
	(void)cli_up_words(cli, &arena, &count); /* without memory the rest fails, too */
	arena_free(&arena);
	return count;
}

static int bring_up(struct cli *cli, char **words, struct err *err)
{
	const bool is_described = describes(cli, words);
	struct store store;
	struct guest guest;
	int r = cli_find_store(cli, &store, err);

	if (r < 0)
		return r;
	if (is_described && !words[1] && !cli->options.up.is_system)
		return err_user(err, "the command is missing: up NAME [OPTION...] -- COMMAND [ARGUMENT...]");
	r = guest_open_any(&store, words[0], is_described, &guest, err);
	if (is_described && r >= 0)
		r = make_and_start(cli, &store, &guest, words + 1, r == 1, err);
	else if (r == 1)
		r = err_set(err, ENOENT, "guest \"%s\" does not exist", words[0]);
	else if (r == 0)
		r = cli_start_guest(cli, &store, &guest, err);
	guest_close(&guest);
	if (r == -ENOENT && !is_described)
		return err_hint(err, "up %s -- COMMAND makes it", words[0]);
	return r;
}

static void free_lists(struct guest_options *up)
{
	struct option_list *const lists[] = { &up->ulimits,  &up->volumes,   &up->tmpfs,      &up->devices,
					      &up->env,	     &up->env_files, &up->caps_added, &up->caps_dropped,
					      &up->security, &up->sysctls,   &up->labels,     &up->annotations };

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		option_list_free(lists[i]);
}

/* One that ended before anybody could attach to it: how?  Its shim writes that down before it goes.  Returns an exit status, or a
 * negative errno without text: it is not known. */
static int ended_before(const struct store *store, const struct guest *guest)
{
	const struct timespec step = { .tv_nsec = 10000000 };
	const int64_t deadline = clock_ms() + ENDED_MS;
	int code = -ENODATA;

	for (bool runs = true; runs && clock_ms() < deadline; (void)nanosleep(&step, NULL)) {
		struct guest_status status;
		struct err ignored;

		if (guest_status(store, guest, &status, &ignored) < 0)
			return -ENODATA;
		runs = status.shim;
		if (!runs && status.has_exit_code)
			code = (int)status.exit_code;
		guest_status_free(&status);
	}
	return code;
}

/* What is written before the connection is made is in the log alone, unless it is a terminal's. */
static int attach(struct cli *cli, const char *name, struct err *err)
{
	const struct attach_options options = { .no_input = !cli->options.up.input && !cli->options.up.terminal };
	int status = CLI_EXIT_FAILURE;
	struct store store;
	struct guest guest;
	int r = cli_find_store(cli, &store, err);

	if (r < 0)
		return r;
	r = guest_open(&store, name, false, &guest, err);
	if (r == 0)
		r = guest_attach(&store, &guest, &options, &status, err);
	if (r == -ENOENT || r == -ENODATA || r == -EPIPE) {
		status = ended_before(&store, &guest);
		r = status < 0 ? r : 0;
	}
	guest_close(&guest);
	return r < 0 ? r : status;
}

static int run(struct cli *cli, char **words, struct err *err)
{
	int r = bring_up(cli, words, err);

	if (r == 0 && cli->options.attached)
		r = attach(cli, words[0], err);
	free_lists(&cli->options.up);
	if (r < 0 && start_status(err) != CLI_EXIT_FAILURE) {
		(void)cli_add_context(cli, words[0], err);
		log_error("%s", err->text);
		return start_status(err);
	}
	return r;
}

const struct cli_command cli_up = {
	.name = "up",
	.arguments = "NAME [OPTION...] [-- COMMAND [ARGUMENT...]]",
	.summary = "Make a guest of that name and start it, or start it again",
	.details = "Without options and COMMAND a stopped guest is started as it was, and one whose shim was killed gets\n"
		   "a new one.  Its files lie below --store; kavel(7) has examples.",
	.options = { cli_up_options, cli_store_options },
	.words_min = 1,
	.words_max = SIZE_MAX,
	.first_is_id = true,
	.run = run,
};
