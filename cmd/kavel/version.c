/* --version: the first line is what callers know the program by. */
#include "cli.h"
#include "seccomp/seccomp.h"

/* empty: built from an archive */
#ifndef KAVEL_COMMIT
#define KAVEL_COMMIT ""
#endif

int cli_version_print(const struct cli *cli, struct err *err)
{
	struct str_buf out = { 0 };
	char root[PATH_MAX];
	struct err ignored;
	int r;

	str_append_f(&out, "%s version " KAVEL_VERSION "\n", cli->program);
	str_append_f(&out, "commit: %s\n", *KAVEL_COMMIT ? KAVEL_COMMIT : "unknown");
	if (cli->dialect == CLI_CRUN && container_default_root(root, sizeof(root), &ignored) == 0)
		str_append_f(&out, "rundir: %s\n", root);
	str_append(&out, "spec: " CONTAINER_OCI_VERSION "\n");
	str_append_f(&out, "libseccomp: %s\n", seccomp_library_version());
	/* crun's callers look for features in such a line */
	if (cli->dialect == CLI_CRUN)
		str_append(&out, "+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF\n");
	r = cli_print(cli, &out, err);
	str_buf_free(&out);
	return r;
}
