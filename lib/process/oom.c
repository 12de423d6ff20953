#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/file.h"

#define FILE_NAME "/proc/self/oom_score_adj"

static int set(int64_t score, struct err *err)
{
	char text[24];
	int r;

	(void)snprintf(text, sizeof(text), "%lld", (long long)score); /* fits: 20 digits */
	r = file_write_knob(AT_FDCWD, FILE_NAME, text);
	if (r < 0)
		err_sys(err, -r, "process.oomScoreAdj: set to %s", text);
	return r == -EACCES ? err_hint(err, "lowering it needs CAP_SYS_RESOURCE on the host") : r;
}

int oom_apply(const struct opt_i64 *score, struct err *err)
{
	return score->is_set ? set(score->value, err) : 0;
}

int oom_exchange(int score, int *ret_old, struct err *err)
{
	char text[24];
	int64_t old;
	ssize_t n = file_read_short(AT_FDCWD, FILE_NAME, text, sizeof(text));
	int r;

	if (n < 0 || !str_i64(text, -1000, 1000, &old))
		return err_sys(err, n < 0 ? (int)-n : EIO, "process.oomScoreAdj: read the own one");
	r = old == score ? 0 : set(score, err);
	if (r == 0 && ret_old)
		*ret_old = (int)old;
	return r;
}
