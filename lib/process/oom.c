#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"

int oom_apply(const struct opt_i64 *score, struct err *err)
{
	char text[24];
	int r;

	if (!score->is_set)
		return 0;
	(void)snprintf(text, sizeof(text), "%lld", (long long)score->value); /* fits: 20 digits */
	r = file_write_knob(AT_FDCWD, "/proc/self/oom_score_adj", text);
	if (r < 0)
		err_sys(err, -r, "process.oomScoreAdj: set to %s", text);
	return r == -EACCES ? err_hint(err, "lowering it needs CAP_SYS_RESOURCE on the host") : r;
}
