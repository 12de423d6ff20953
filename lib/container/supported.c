/* Known properties that this version decodes but does not apply: each is refused, never silently ignored
 * (config.md, Valid values).  A property that gets applied loses its row. */
#include "container/plan.h"

#include <errno.h>

static bool has_mount_label(const struct spec *spec)
{
	return spec->linux_.mount_label && *spec->linux_.mount_label;
}

static const struct {
	const char *property;
	bool (*is_asked)(const struct spec *spec);
} refused[] = {
	{ "linux.mountLabel", has_mount_label },
};

int plan_check_supported(const struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (refused[i].is_asked(spec))
			return err_set(err, ENOTSUP, "%s: not supported by this version of kavel", refused[i].property);
	return 0;
}
