/* checkpoint and restore: their command lines are understood, and what they ask for is refused.  Engines ask for their help to
 * know what a runtime can, and must be told why it cannot only when somebody wants it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "cli.h"

#define OPTIONS struct cli_options

enum cgroups_mode { MODE_SOFT, MODE_FULL, MODE_STRICT, MODE_IGNORE };
enum network_lock { LOCK_IPTABLES, LOCK_NFTABLES, LOCK_SKIP };

static const struct str_name cgroups_modes[] = {
	{ "soft", MODE_SOFT }, { "full", MODE_FULL }, { "strict", MODE_STRICT }, { "ignore", MODE_IGNORE }, { 0 },
};

static const struct str_name network_locks[] = {
	{ "iptables", LOCK_IPTABLES },
	{ "nftables", LOCK_NFTABLES },
	{ "skip", LOCK_SKIP },
	{ 0 },
};

const struct option_row cli_criu_options[] = {
	OPTION_TEXT(OPTIONS, checkpoint.image_path, "image-path", 0, "DIR", "directory of the checkpoint's files"),
	OPTION_IGNORED("work-path", "DIR", "directory of working files and logs"),
	OPTION_IGNORED("tcp-established", NULL, "also with open TCP connections"),
	OPTION_IGNORED("ext-unix-sk", NULL, "also with UNIX sockets that lead outside"),
	OPTION_IGNORED("shell-job", NULL, "also with a terminal of the caller's"),
	OPTION_IGNORED("file-locks", NULL, "also with locks on files"),
	OPTION_IGNORED("empty-ns", "TYPE", "leave a namespace's contents to the caller"),
	OPTION_IGNORED("auto-dedup", NULL, "store pages once"),
	OPTION_IGNORED("lazy-pages", NULL, "bring memory when it is used"),
	OPTION_CHOICE(OPTIONS, checkpoint.cgroups_mode, "manage-cgroups-mode", 0, "MODE", cgroups_modes,
		      "soft, full, strict or ignore"),
	OPTION_CHOICE(OPTIONS, checkpoint.network_lock, "network-lock", 0, "METHOD", network_locks,
		      "iptables, nftables or skip"),
	OPTION_END,
};

/* A container that does not exist is told first: callers look for that. */
int cli_refuse_criu(struct cli *cli, struct err *err)
{
	const char *name = cli->command->name;

	(void)err_set(err, ENOTSUP, "checkpoint and restore are not built in");
	return err_hint(err, "\"%s features\" tells engines so; %s parses its options and does nothing", cli->program,
			name);
}

/* An earlier checkpoint is named as it is seen from the new one: both can be moved together. */
static int check_parent(const struct cli *cli, struct err *err)
{
	const char *parent = cli->options.checkpoint.parent_path, *image = cli->options.checkpoint.image_path;
	char path[PATH_MAX];
	struct stat st;

	if (!parent)
		return 0;
	if (*parent == '/')
		return err_user(err, "--parent-path: %s must be relative to --image-path", parent);
	if ((size_t)snprintf(path, sizeof(path), "%s/%s", image ? image : ".", parent) >= sizeof(path))
		return err_set(err, ENAMETOOLONG, "--parent-path: the name is too long");
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "--parent-path %s: %s", parent, path);
	return S_ISDIR(st.st_mode) ? 0 : err_user(err, "--parent-path %s: %s is no directory", parent, path);
}

static int checkpoint(struct cli *cli, char **words, struct err *err)
{
	struct container_info info;
	int r = check_parent(cli, err);

	if (r < 0)
		return r;
	r = container_info(&cli->host, words[0], &info, err);
	if (r < 0)
		return r;
	container_info_free(&info);
	return cli_refuse_criu(cli, err);
}

static const struct option_row own_options[] = {
	OPTION_TEXT(OPTIONS, checkpoint.parent_path, "parent-path", 0, "DIR", "earlier checkpoint, relative to --image-path"),
	OPTION_IGNORED("pre-dump", NULL, "write memory only, and go on"),
	OPTION_IGNORED("leave-running", NULL, "do not stop the container"),
	OPTION_IGNORED("tcp-skip-in-flight", NULL, "leave out TCP connections that are being made"),
	OPTION_IGNORED("link-remap", NULL, "also with files that were removed"),
	OPTION_UINT(OPTIONS, checkpoint.status_fd, "status-fd", 0, "FD", "tell there when lazy pages can be had"),
	OPTION_IGNORED("page-server", "ADDRESS", "send memory there"),
	OPTION_END,
};

const struct cli_command cli_checkpoint = {
	.name = "checkpoint",
	.arguments = "ID",
	.summary = "Not built in: write a container to files",
	.options = { own_options, cli_criu_options },
	.words_min = 1,
	.words_max = 1,
	.first_is_id = true,
	.run = checkpoint,
};
