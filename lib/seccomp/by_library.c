/* libseccomp builds the program.  It is slower, its programs are longer, and it gets some combinations of conditions wrong;
 * but what it makes of rules that contradict each other is what other runtimes make of them. */
#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/log.h"
#include "seccomp/compiler.h"

struct context {
	const struct seccomp_library *library;
	void *handle; /* libseccomp's */
};

static void context_release(const struct context *context)
{
	if (context->handle)
		context->library->release(context->handle);
}

/* ---------------------------------------------------------------- rules */

/* libseccomp cannot check one argument twice in a rule. */
static int add_conditions(const struct context *c, const struct seccomp_rule *rule, int number)
{
	int r = 0;

	if (!rule->apart)
		return c->library->rule_add_array(c->handle, rule->action, number, rule->arg_count,
						  rule->arg_count ? rule->args : NULL);
	for (size_t i = 0; i < rule->arg_count && r == 0; i++)
		r = c->library->rule_add_array(c->handle, rule->action, number, 1, &rule->args[i]);
	return r;
}

static int add_rule(const struct context *c, const struct seccomp_rule *rule, struct err *err)
{
	for (size_t i = 0; i < rule->names->count; i++) {
		const char *name = rule->names->items[i];
		int number = c->library->syscall_resolve_name(name), r;

		if (number == __NR_SCMP_ERROR) {
			log_debug("%s.syscalls[%zu].names[%zu]: unknown system call %s is skipped", PLACE, rule->index,
				  i, name);
			continue;
		}
		r = add_conditions(c, rule, number);
		if (r < 0)
			return err_sys(err, -r, "%s.syscalls[%zu]: rule for %s", PLACE, rule->index, name);
	}
	return 0;
}

static int build(const struct context *c, const struct seccomp_policy *policy, struct err *err)
{
	int r = 0;

	/* the first is the native one, which is in every filter */
	for (size_t i = 1; i < policy->arch_count && r == 0; i++) {
		r = c->library->arch_add(c->handle, policy->archs[i]);
		if (r < 0)
			r = err_sys(err, -r, "%s: add architecture %#x", PLACE, policy->archs[i]);
	}
	for (size_t i = 0; i < policy->rule_count && r == 0; i++)
		if (policy->rules[i].action != policy->default_action) /* libseccomp refuses to say twice what holds */
			r = add_rule(c, &policy->rules[i], err);
	return r;
}

/* ---------------------------------------------------------------- the program */

static int set_program(const void *data, size_t size, struct arena *arena, struct seccomp_filter *ret, struct err *err)
{
	size_t count = size / sizeof(struct sock_filter);

	if (!count || count > BPF_MAXINSNS)
		return err_user(err, "%s: the filter has %zu instructions, the kernel takes at most %d", PLACE, count,
				BPF_MAXINSNS);
	ret->instructions = ARENA_NEW(arena, struct sock_filter, count);
	if (!ret->instructions)
		return err_memory(err);
	memcpy(ret->instructions, data, count * sizeof(struct sock_filter));
	ret->count = (unsigned short)count;
	return 0;
}

static int export_by_memory(const struct context *c, struct arena *arena, struct seccomp_filter *ret, struct err *err)
{
	autofree void *data = NULL;
	size_t size = 0;
	int r = c->library->export_bpf_mem(c->handle, NULL, &size);

	if (r == 0) {
		data = malloc(size);
		if (!data)
			return err_memory(err);
		r = c->library->export_bpf_mem(c->handle, data, &size);
	}
	return r < 0 ? err_sys(err, -r, "%s: build the filter", PLACE) : set_program(data, size, arena, ret, err);
}

static int export_by_file(const struct context *c, struct arena *arena, struct seccomp_filter *ret, struct err *err)
{
	autofree void *data = NULL;
	autofd fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return err_sys(err, errno, "memfd_create for the seccomp filter");
	r = c->library->export_bpf(c->handle, fd);
	if (r < 0)
		return err_sys(err, -r, "%s: build the filter", PLACE);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "stat the seccomp filter");
	data = malloc((size_t)st.st_size);
	if (!data)
		return err_memory(err);
	if (pread(fd, data, (size_t)st.st_size, 0) != st.st_size)
		return err_sys(err, EIO, "read the seccomp filter");
	return set_program(data, (size_t)st.st_size, arena, ret, err);
}

int seccomp_compile_by_library(const struct seccomp_policy *policy, struct seccomp_numbers *numbers,
			       struct arena *arena, struct seccomp_filter *ret, struct err *err)
{
	__attribute__((cleanup(context_release))) struct context c = { .library = &numbers->library };
	int r = seccomp_numbers_open(numbers, err);

	if (r < 0)
		return r;
	c.handle = c.library->init(policy->default_action);
	if (!c.handle)
		return err_user(err, "%s.defaultAction: not known to this kernel", PLACE);
	r = build(&c, policy, err);
	if (r < 0)
		return r;
	return c.library->export_bpf_mem ? export_by_memory(&c, arena, ret, err) : export_by_file(&c, arena, ret, err);
}
