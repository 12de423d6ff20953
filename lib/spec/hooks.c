/* config.md, POSIX-platform Hooks. */
#include "spec/tables.h"

FIELDS(hook_fields, struct spec_hook) {
	STR(struct spec_hook, "path", path, F_REQUIRED | F_ABSOLUTE),
	STRINGS(struct spec_hook, "args", args, 0),
	STRINGS_SET(struct spec_hook, "env", env, has_env, 0),
	OPT_I64(struct spec_hook, "timeout", timeout, 1, INT32_MAX, 0),
	END
};

FIELDS_EXPORT(spec_hooks_fields) {
	ARRAY(struct spec_hooks, "prestart", prestart, hook_fields, 0),
	ARRAY(struct spec_hooks, "createRuntime", create_runtime, hook_fields, 0),
	ARRAY(struct spec_hooks, "createContainer", create_container, hook_fields, 0),
	ARRAY(struct spec_hooks, "startContainer", start_container, hook_fields, 0),
	ARRAY(struct spec_hooks, "poststart", poststart, hook_fields, 0),
	ARRAY(struct spec_hooks, "poststop", poststop, hook_fields, 0),
	END
};
