#include <errno.h>
#include <fcntl.h>

#include "base/auto.h"
#include "base/fd.h"
#include "cli.h"
#include "spec/default.h"

static int write_new(int dir, const char *name, const struct str_buf *text, struct err *err)
{
	autofd fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0644);
	int r;

	if (fd < 0 && errno == EEXIST)
		return err_set(err, EEXIST, "%s exists already: remove it first", name);
	if (fd < 0)
		return err_sys(err, errno, "create %s", name);
	r = fd_write_all(fd, text->data, text->size);
	if (r < 0) {
		(void)unlinkat(dir, name, 0); /* the first failure is the one to tell */
		return err_sys(err, -r, "write %s", name);
	}
	return 0;
}

static int run(struct cli *cli, char **words, struct err *err)
{
	const char *bundle = cli->options.create.bundle ? cli->options.create.bundle : ".";
	const char *config = cli->options.create.config ? cli->options.create.config : "config.json";
	autobuf text = { 0 };
	autofd dir = -1;
	int r;

	(void)words; /* none */
	r = spec_default_json(cli->options.rootless_spec, true, &text, err);
	if (r < 0)
		return r;
	if (text.failed)
		return err_memory(err);
	dir = openat(AT_FDCWD, bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, errno, "bundle %s", bundle);
	return write_new(dir, config, &text, err);
}

static const struct option_row own_options[] = {
	OPTION_TEXT(struct cli_options, create.config, "file", 0, "FILE", "the same as --config"),
	OPTION_FLAG(struct cli_options, rootless_spec, "rootless", 0, "for a caller who is not root"),
	OPTION_END,
};

const struct cli_command cli_spec = {
	.name = "spec",
	.arguments = "",
	.summary = "Write a default configuration for a bundle",
	.details = "A file that exists already is not touched.",
	.options = { own_options, cli_bundle_options },
	.needs_no_root = true,
	.run = run,
};
