/* The program of a policy as other runtimes have it made. */
#include "seccomp_by_library.h"

#include <errno.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/auto.h"

static void context_release(const scmp_filter_ctx *context)
{
	if (*context)
		seccomp_release(*context);
}

/* ---------------------------------------------------------------- rules */

/* libseccomp cannot check one argument twice in a rule. */
static int add_conditions(scmp_filter_ctx c, const struct seccomp_rule *rule, int number)
{
	int r = 0;

	if (!rule->apart)
		return seccomp_rule_add_array(c, rule->action, number, rule->arg_count,
					      rule->arg_count ? rule->args : NULL);
	for (size_t i = 0; i < rule->arg_count && r == 0; i++)
		r = seccomp_rule_add_array(c, rule->action, number, 1, &rule->args[i]);
	return r;
}

static int add_rule(scmp_filter_ctx c, const struct seccomp_rule *rule, struct err *err)
{
	for (size_t i = 0; i < rule->names->count; i++) {
		const char *name = rule->names->items[i];
		int number = seccomp_syscall_resolve_name(name), r;

		if (number == __NR_SCMP_ERROR)
			continue;
		r = add_conditions(c, rule, number);
		if (r < 0)
			return err_sys(err, -r, "%s.syscalls[%zu]: rule for %s", PLACE, rule->index, name);
	}
	return 0;
}

static int build(scmp_filter_ctx c, const struct seccomp_policy *policy, struct err *err)
{
	int r = 0;

	for (size_t i = policy->archs[0] == seccomp_arch_native(); i < policy->arch_count && r == 0; i++) {
		r = seccomp_arch_add(c, policy->archs[i]);
		if (r < 0)
			r = err_sys(err, -r, "%s: add architecture %#x", PLACE, policy->archs[i]);
	}
	/* in every filter to begin with, but not of the machine that this is for */
	if (r == 0 && policy->archs[0] != seccomp_arch_native())
		r = seccomp_arch_remove(c, seccomp_arch_native());
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

static int export(scmp_filter_ctx c, struct arena *arena, struct seccomp_filter *ret, struct err *err)
{
	autofree void *data = NULL;
	autofd fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return err_sys(err, errno, "memfd_create for the seccomp filter");
	r = seccomp_export_bpf(c, fd);
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

int seccomp_compile_by_library(const struct seccomp_policy *policy, struct arena *arena, struct seccomp_filter *ret,
			       struct err *err)
{
	__attribute__((cleanup(context_release))) scmp_filter_ctx c = seccomp_init(policy->default_action);
	int r = c ? build(c, policy, err) : err_user(err, "%s.defaultAction: not known to libseccomp", PLACE);

	return r < 0 ? r : export(c, arena, ret, err);
}
