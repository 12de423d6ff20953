/* The seeds of the fuzz targets, replayed without a fuzzer.  Those of config.json say by their name how they end:
 * good-*.json, bad-*.json. */
#include <errno.h>
#include <fcntl.h>

#include "../fuzz/fuzz_spec.c"
#include "base/file.h"
#include "base/str.h"
#include "unit.h"

#define CORPUS TEST_SOURCE_DIR "/tests/fuzz/corpus/spec"

static void replay(int dir, const char *name)
{
	struct spec_document *document = NULL;
	struct err err = { 0 };
	autofree char *text = NULL;
	size_t size;
	int r;

	if (!CHECK(file_read(dir, name, SPEC_SIZE_MAX, &text, &size, &err) == 0))
		return;
	CHECK(LLVMFuzzerTestOneInput((const uint8_t *)text, size) == 0);
	if (!str_after(name, "good-") && !str_after(name, "bad-")) /* found by a fuzzer */
		return;
	r = spec_parse(text, size, name, &document, &err);
	if (!CHECK((r == 0) == !!str_after(name, "good-")))
		CHECK_STR(err.text, name);
	spec_free(document);
}

static void each_config_of_the_corpus_ends_as_its_name_says(void)
{
	autodir directory = opendir(CORPUS);
	unsigned int count = 0;
	struct dirent *entry;

	if (!CHECK(directory))
		return;
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] == '.')
			continue;
		replay(dirfd(directory), entry->d_name);
		count++;
	}
	CHECK(count >= 50);
}

static const struct unit_test tests[] = { TEST(each_config_of_the_corpus_ends_as_its_name_says), TEST_END };

int main(void)
{
	return unit_run(tests);
}
