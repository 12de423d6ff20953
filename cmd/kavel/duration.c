#include "base/duration.h"

#include "cli.h"

int cli_duration(const char *option, const char *text, uint64_t *ret_ms, struct err *err)
{
	if (!duration_parse(text, ret_ms) || *ret_ms == 0)
		return err_user(err, "%s: expected a time such as 500ms, 5s or 1m30s, from 1ms to 24h, got \"%s\"",
				option, text);
	return 0;
}
