/* Any text as a raw seccomp program: one that the kernel's own checks would let through, or an error in words. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "seccomp/raw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds)
{
	if (!holds)
		abort(); /* how a fuzzer is told */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seccomp_filter filter = { 0 };
	autofree char *text = malloc(size + 1);
	struct arena arena = { 0 };
	struct err err = { 0 };
	bool notifies = false;
	int r;

	expect(text);
	memcpy(text, data, size);
	text[size] = '\0';
	r = seccomp_raw_read(text, "it", &arena, &filter, &notifies, &err);
	expect(r == 0 ? filter.count > 0 && filter.count <= FILTER_MAX : r < 0 && *err.text);
	if (r == 0)
		expect(BPF_CLASS(filter.instructions[filter.count - 1].code) == BPF_RET);
	arena_free(&arena);
	return 0;
}
