#include "spec/annotations.h"

#include <stddef.h>

#include "base/str.h"
#include "spec/check.h"

/* Those of the image specification, of crun and of runc that concern a runtime, and our own. */
const struct annotation_row annotation_rows[] = {
	{ ANNOTATION_STOP_SIGNAL, ANNOTATION_APPLIED, false, "the signal that kill sends when none is given" },
	{ "org.kavel.overlay.", ANNOTATION_APPLIED, true, "an overlay as the rootfs, of directories of the host" },
	{ "org.kavel.rootfs.idmap", ANNOTATION_APPLIED, true, "owners of the rootfs' files, shifted into the user namespace" },
	{ ANNOTATION_HOOKS_STDOUT, ANNOTATION_APPLIED, true, "a file of the host that gets what hooks print" },
	{ ANNOTATION_HOOKS_STDERR, ANNOTATION_APPLIED, true, "the same for their errors" },
	{ ANNOTATION_HANDLER, ANNOTATION_REFUSED, true, "what runs the program instead of the kernel" },
	{ "krun.", ANNOTATION_REFUSED, true, "the virtual machine of a handler" },
	{ "module.wasm.image/variant", ANNOTATION_REFUSED, true, "a handler for WebAssembly" },
	{ "io.kubernetes.cri.container-type", ANNOTATION_ACCEPTED, true, "sandbox or container: of interest to handlers" },
	{ "org.criu.config", ANNOTATION_ACCEPTED, true, "the configuration of checkpoints" },
	{ NULL, ANNOTATION_ACCEPTED, false, NULL },
};

static bool matches(const char *pattern, const char *key)
{
	size_t size = strlen(pattern);

	return pattern[size - 1] == '.' ? str_after(key, pattern) != NULL : str_eq(key, pattern);
}

const struct annotation_row *annotation_find(const char *key)
{
	for (const struct annotation_row *row = annotation_rows; row->key; row++)
		if (matches(row->key, key))
			return row;
	return NULL;
}

/* "crun" is the one handler that is none: the kernel. */
static bool asks_for_nothing(const struct spec_pair *pair)
{
	return str_eq(pair->key, ANNOTATION_HANDLER) && (!*pair->value || str_eq(pair->value, "crun"));
}

static bool is_hook_output(const char *key)
{
	return str_eq(key, ANNOTATION_HOOKS_STDOUT) || str_eq(key, ANNOTATION_HOOKS_STDERR);
}

int check_annotations(const struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < spec->annotations.count; i++) {
		const struct spec_pair *pair = &spec->annotations.items[i];
		const struct annotation_row *row = annotation_find(pair->key);

		if (row && row->use == ANNOTATION_REFUSED && !asks_for_nothing(pair))
			return err_user(err,
					"annotations[\"%.200s\"]: \"%.200s\" is not supported: kavel has no handlers",
					pair->key, pair->value);
		if (is_hook_output(pair->key) && *pair->value != '/')
			return err_user(err, "annotations[\"%s\"]: expected an absolute path, got \"%.200s\"",
					pair->key, pair->value);
	}
	return 0;
}
