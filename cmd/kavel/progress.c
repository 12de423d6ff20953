/* Progress of what takes long. */
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "cli.h"

#define QUIET_MS 700 /* what is done by then needs no words */

void cli_progress_begin(struct cli_progress *progress, const char *doing)
{
	*progress = (struct cli_progress){ .doing = doing, .since = clock_ms(), .is_terminal = isatty(STDERR_FILENO) };
}

void cli_progress_tell(struct cli_progress *progress, const char *how_far)
{
	const int64_t passed = clock_ms() - progress->since;

	if (!progress->is_terminal || passed < QUIET_MS)
		return;
	progress->is_shown = true;
	(void)dprintf(STDERR_FILENO, "\r%s%s%s (%lld s)\033[K", progress->doing, *how_far ? ": " : "", how_far,
		      (long long)(passed / 1000));
}

void cli_progress_end(struct cli_progress *progress)
{
	if (progress->is_shown)
		(void)dprintf(STDERR_FILENO, "\r\033[K");
	progress->is_shown = false;
}
