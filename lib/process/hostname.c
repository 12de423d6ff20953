#include "process/process.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define NAME_LENGTH_MAX 64 /* __NEW_UTS_LEN of the kernel */

/* An empty name is none, as with other runtimes: engines write "hostname": "". */
static bool is_given(const char *name)
{
	return name && *name;
}

static int check(const char *property, const char *name, bool has_uts_ns, struct err *err)
{
	if (!is_given(name))
		return 0;
	if (!has_uts_ns)
		return err_user(err, "%s: needs a UTS namespace in linux.namespaces", property);
	if (strlen(name) > NAME_LENGTH_MAX)
		return err_set(err, ENAMETOOLONG, "%s: longer than %d bytes", property, NAME_LENGTH_MAX);
	return 0;
}

int hostname_plan(const struct spec *spec, bool has_uts_ns, struct err *err)
{
	int r = check("hostname", spec->hostname, has_uts_ns, err);

	return r < 0 ? r : check("domainname", spec->domainname, has_uts_ns, err);
}

int hostname_apply(const struct spec *spec, struct err *err)
{
	if (is_given(spec->hostname) && sethostname(spec->hostname, strlen(spec->hostname)) < 0)
		return err_sys(err, errno, "hostname: set to %s", spec->hostname);
	if (is_given(spec->domainname) && setdomainname(spec->domainname, strlen(spec->domainname)) < 0)
		return err_sys(err, errno, "domainname: set to %s", spec->domainname);
	return 0;
}
