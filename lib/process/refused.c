#include "process/process.h"

#include <errno.h>

#include "base/auto.h"

static bool has_text(const char *text)
{
	return text && *text;
}

static bool has_apparmor(const struct spec_process *process)
{
	return has_text(process->apparmor_profile);
}

static bool has_selinux(const struct spec_process *process)
{
	return has_text(process->selinux_label);
}

/* A property that gets applied loses its row.  process.execCPUAffinity is not here: it does not concern the container's
 * first process. */
static const struct {
	const char *property;
	bool (*is_asked)(const struct spec_process *process);
} refused[] = {
	{ "process.apparmorProfile", has_apparmor },
	{ "process.selinuxLabel", has_selinux },
};

int process_check_supported(const struct spec_process *process, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (refused[i].is_asked(process))
			return err_set(err, ENOTSUP, "%s: not supported by this version of kavel", refused[i].property);
	return 0;
}
