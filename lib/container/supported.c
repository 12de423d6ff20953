/* Known properties that this version decodes but does not apply: each is refused, never silently ignored
 * (config.md, Valid values).  A property that gets applied loses its row. */
#include "container/plan.h"

#include <errno.h>

static bool has_net_devices(const struct spec *spec)
{
	return spec->linux_.net_devices.count;
}

static bool has_intel_rdt(const struct spec *spec)
{
	return spec->linux_.intel_rdt.is_set;
}

static bool has_memory_policy(const struct spec *spec)
{
	return spec->linux_.memory_policy.is_set;
}

static bool has_mount_label(const struct spec *spec)
{
	return spec->linux_.mount_label && *spec->linux_.mount_label;
}

static bool has_personality(const struct spec *spec)
{
	return spec->linux_.personality.is_set;
}

static const struct {
	const char *property;
	bool (*is_asked)(const struct spec *spec);
} refused[] = {
	{ "linux.netDevices", has_net_devices },
	{ "linux.intelRdt", has_intel_rdt },
	{ "linux.memoryPolicy", has_memory_policy },
	{ "linux.mountLabel", has_mount_label },
	{ "linux.personality", has_personality },
};

int plan_check_supported(const struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (refused[i].is_asked(spec))
			return err_set(err, ENOTSUP, "%s: not supported by this version of kavel", refused[i].property);
	return 0;
}
