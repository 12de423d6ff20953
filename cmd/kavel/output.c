/* Standard output: always one whole text, and a failure to write it is a failure of the command. */
#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli.h"

int cli_print(const struct cli *cli, const struct str_buf *text, struct err *err)
{
	int r;

	if (text->failed)
		return err_memory(err);
	if (cli->stdout_is_closed)
		return err_sys(err, EBADF, "write to standard output");
	r = fd_write_all(STDOUT_FILENO, text->data, text->size);
	if (r < 0)
		return err_sys(err, -r, "write to standard output");
	return 0;
}
