#include "netns/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>

#include "base/auto.h"
#include "netns/netns.h"

#ifdef KAVEL_STATIC

int netlink_library_open(struct netlink_library *ret, struct err *err)
{
	(void)err;
#define NETLINK_LINK(function) .function = function,
	*ret = (struct netlink_library){ NETLINK_FUNCTIONS(NETLINK_LINK) };
	return 0;
}

#else

#define NETLINK_NAME(function) { #function, offsetof(struct netlink_library, function) },

static const struct {
	const char *name;
	size_t offset;
} functions[] = { NETLINK_FUNCTIONS(NETLINK_NAME) };

static int find_functions(struct netlink_library *library, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *function = dlsym(library->handle, functions[i].name);

		if (!function)
			return err_set(err, ENOENT, "libnl-3.so.200 has no function %s", functions[i].name);
		*(void **)((char *)library + functions[i].offset) = function;
	}
	return 0;
}

int netlink_library_open(struct netlink_library *ret, struct err *err)
{
	struct netlink_library library = { .handle = dlopen("libnl-3.so.200", RTLD_NOW | RTLD_LOCAL) };
	int r;

	if (!library.handle) {
		const char *why = dlerror();

		return err_set(err, ENOENT, "linux.netDevices needs libnl-3: %s", why ? why : "it cannot be loaded");
	}
	r = find_functions(&library, err);
	if (r < 0) {
		(void)dlclose(library.handle);
		return r;
	}
	*ret = library;
	return 0;
}

#endif

void netlink_library_close(struct netlink_library *library)
{
	if (library->handle)
		(void)dlclose(library->handle);
	library->handle = NULL;
}

bool netns_devices_supported(void)
{
	struct netlink_library library;
	struct err ignored;

	if (netlink_library_open(&library, &ignored) < 0)
		return false;
	netlink_library_close(&library);
	return true;
}
