#include "seccomp/library.h"

#include <dlfcn.h>
#include <errno.h>
#include <seccomp.h>
#include <stddef.h>

#include "base/auto.h"

#ifdef KAVEL_STATIC

/* The types of the table differ from the library's in names only; the linker's archive may be older than 2.6. */
int seccomp_export_bpf_mem(const scmp_filter_ctx context, void *buffer, size_t *size) __attribute__((weak));

#define LINK(type, function) (type)(void (*)(void))(function)

int seccomp_library_open(struct seccomp_library *ret, struct err *err)
{
	(void)err;
	*ret = (struct seccomp_library){
		.version = seccomp_version,
		.init = seccomp_init,
		.release = seccomp_release,
		.arch_native = seccomp_arch_native,
		.arch_add = seccomp_arch_add,
		.syscall_resolve_name = seccomp_syscall_resolve_name,
		.syscall_resolve_name_arch = seccomp_syscall_resolve_name_arch,
		.rule_add_array = seccomp_rule_add_array,
		.export_bpf = LINK(int (*)(void *, int), seccomp_export_bpf),
		.export_bpf_mem = LINK(int (*)(void *, void *, size_t *), seccomp_export_bpf_mem),
	};
	return 0;
}

#else

#define FUNCTION(member, required) { "seccomp_" #member, offsetof(struct seccomp_library, member), required }

static const struct {
	const char *name;
	size_t offset;
	bool required;
} functions[] = {
	FUNCTION(version, true),
	FUNCTION(init, true),
	FUNCTION(release, true),
	FUNCTION(arch_native, true),
	FUNCTION(arch_add, true),
	FUNCTION(syscall_resolve_name, true),
	FUNCTION(syscall_resolve_name_arch, true),
	FUNCTION(rule_add_array, true),
	FUNCTION(export_bpf, true),
	FUNCTION(export_bpf_mem, false),
};

static int find_functions(struct seccomp_library *library, struct err *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		void *function = dlsym(library->handle, functions[i].name);

		if (!function && functions[i].required)
			return err_set(err, ENOENT, "libseccomp.so.2 has no function %s", functions[i].name);
		*(void **)((char *)library + functions[i].offset) = function;
	}
	return 0;
}

int seccomp_library_open(struct seccomp_library *ret, struct err *err)
{
	struct seccomp_library library = { .handle = dlopen("libseccomp.so.2", RTLD_NOW | RTLD_LOCAL) };
	int r;

	if (!library.handle) {
		const char *why = dlerror();

		return err_set(err, ENOENT, "linux.seccomp needs libseccomp: %s", why ? why : "it cannot be loaded");
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

void seccomp_library_close(struct seccomp_library *library)
{
	if (library->handle)
		(void)dlclose(library->handle);
	library->handle = NULL;
}
