#include "seccomp/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <seccomp.h>
#include <stddef.h>

#include "seccomp/seccomp.h"

#define TEXT(number)	   #number
#define VERSION(a, b, c) TEXT(a) "." TEXT(b) "." TEXT(c)

const char *seccomp_library_version(void)
{
	return VERSION(SCMP_VER_MAJOR, SCMP_VER_MINOR, SCMP_VER_MICRO);
}

#ifdef KAVEL_STATIC

int seccomp_library_open(struct seccomp_library *ret, struct err *err)
{
	*ret = (struct seccomp_library){ .handle = NULL };
	return err_set(err, ENOENT, "a static program cannot load libseccomp");
}

void seccomp_library_close(struct seccomp_library *library)
{
	(void)library;
}

#else

int seccomp_library_open(struct seccomp_library *ret, struct err *err)
{
	struct seccomp_library library = { .handle = dlopen("libseccomp.so.2", RTLD_NOW | RTLD_LOCAL) };

	if (!library.handle) {
		const char *why = dlerror();

		return err_set(err, ENOENT, "%s", why ? why : "libseccomp.so.2 cannot be loaded");
	}
	*(void **)&library.syscall_resolve_name = dlsym(library.handle, "seccomp_syscall_resolve_name");
	*(void **)&library.syscall_resolve_name_arch = dlsym(library.handle, "seccomp_syscall_resolve_name_arch");
	if (!library.syscall_resolve_name || !library.syscall_resolve_name_arch) {
		(void)dlclose(library.handle);
		return err_set(err, ENOENT, "libseccomp.so.2 lacks a function");
	}
	*ret = library;
	return 0;
}

void seccomp_library_close(struct seccomp_library *library)
{
	(void)dlclose(library->handle);
	library->handle = NULL;
}

#endif
