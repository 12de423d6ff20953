/* Any text as guest.json: what is read of it is written so that the same is read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "store/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort(); /* how a fuzzer is told */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct guest guest = GUEST_CLOSED, again = GUEST_CLOSED;
	struct str_buf text = { 0 }, same = { 0 };
	struct err err;

	guest.name = again.name = "web";
	if (guest_decode((const char *)data, size, &guest, &err) == 0) {
		must(guest_encode(&guest, &text) == 0);
		must(guest_decode(text.data, text.size, &again, &err) == 0);
		must(guest_encode(&again, &same) == 0);
		must(text.size == same.size && memcmp(text.data, same.data, text.size) == 0);
	}
	guest_close(&guest);
	guest_close(&again);
	str_buf_free(&text);
	str_buf_free(&same);
	return 0;
}
