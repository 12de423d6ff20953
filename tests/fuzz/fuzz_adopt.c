/* What a shim reads that takes over from one that was killed, and what it is asked: files that may be cut short or damaged. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "adopt.h"
#include "base/clock.h"
#include "base/str.h"
#include "stop.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_time(const char *text)
{
	struct timespec when;
	char again[CLOCK_TEXT_MAX];

	if (!clock_parse(text, strlen(text), &when))
		return;
	if (when.tv_nsec < 0 || when.tv_nsec > 999999999)
		abort();
	if (when.tv_sec < 0) /* years before 0 have no text */
		return;
	clock_text(&when, true, again);
	if (!clock_parse(again, strlen(again), &when))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct shim_settings settings = { .id = "x", .stop_signal = "TERM", .stop_timeout_ms = 1 };
	struct adopted found = { .pid = 1, .pidfd = -1 };
	struct stop_request request;
	struct err err;
	char *text = strndup((const char *)data, size);

	if (!text)
		return 0;
	if (adopt_read_status((const char *)data, size, &found, &err) == 0 && !found.is_known)
		abort();
	(void)adopt_read_exit((const char *)data, size, &found, &err);
	if (stop_parse(&settings, text, &request, &err) == 0 && (request.timeout_ms < 0 || request.signal <= 0))
		abort();
	check_time(text);
	free(text);
	return 0;
}
