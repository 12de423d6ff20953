/* From the document to libseccomp's calls, and from there to a program of instructions. */
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/sys.h"
#include "seccomp/compiler.h"
#include "seccomp/names.h"
#include "seccomp/seccomp.h"

#define ARG_INDEX_MAX 5

static void compiler_release(struct seccomp_compiler *c)
{
	if (c->context)
		c->library.release(c->context);
	seccomp_library_close(&c->library);
}

/* ---------------------------------------------------------------- actions and flags */

/* What an action is to the filter.  place: of the object that has `action` and `errnoRet` (or, for the default action, the
 * members with these prefixes). */
static int action_value(const char *name, const struct opt_u64 *errno_ret, uint32_t *ret, const char **ret_member,
			const char **ret_why)
{
	const struct seccomp_action *action = name ? seccomp_find_action(name) : NULL;
	uint64_t number = errno_ret->is_set ? errno_ret->value : EPERM;

	*ret_member = "action";
	*ret_why = "unknown action";
	if (!action)
		return -EINVAL;
	*ret_why = "not supported by this version of kavel:";
	if (action->value == SCMP_ACT_NOTIFY)
		return -ENOTSUP;
	*ret_member = "errnoRet";
	*ret_why = "there is no errno in";
	if (errno_ret->is_set && !action->data_max)
		return -EINVAL;
	*ret_why = "too large for";
	if (action->data_max && number > action->data_max)
		return -EINVAL;
	*ret = action->value | (action->data_max ? (uint32_t)number : 0);
	return 0;
}

static int read_default_action(struct seccomp_compiler *c, struct err *err)
{
	const char *name = c->profile->default_action, *member, *why;
	int r = action_value(name, &c->profile->default_errno_ret, &c->default_action, &member, &why);

	if (r == 0)
		return 0;
	return err_set(err, -r, "%s.%s: %s %s", PLACE, str_eq(member, "action") ? "defaultAction" : "defaultErrnoRet",
		       why, name ? name : "(none)");
}

static int read_flags(const struct spec_seccomp *profile, unsigned int *ret, struct err *err)
{
	unsigned int flags = profile->has_flags ? 0 : SECCOMP_FILTER_FLAG_SPEC_ALLOW;

	for (size_t i = 0; i < profile->flags.count; i++) {
		const struct seccomp_flag *flag = seccomp_find_flag(profile->flags.items[i]);

		if (!flag)
			return err_user(err, "%s.flags[%zu]: unknown flag \"%s\"", PLACE, i, profile->flags.items[i]);
		if (!flag->is_pointless)
			flags |= flag->value;
	}
	log_debug("seccomp filter flags: %u", flags);
	*ret = flags;
	return 0;
}

/* ---------------------------------------------------------------- architectures */

static int add_arch(struct seccomp_compiler *c, size_t index, struct err *err)
{
	const char *name = c->profile->architectures.items[index];
	const struct seccomp_arch *arch = seccomp_find_arch(name);
	uint32_t token;
	int r;

	if (!arch)
		return err_user(err, "%s.architectures[%zu]: unknown architecture \"%s\"", PLACE, index, name);
	if (!arch->runs_here)
		return 0;
	token = c->library.arch_resolve_name(arch->library_name);
	if (!token) {
		log_debug("%s.architectures[%zu]: this libseccomp does not know %s: it stays forbidden", PLACE, index,
			  name);
		return 0;
	}
	r = c->library.arch_add(c->context, token);
	if (r == -EEXIST)
		return 0;
	if (r < 0)
		return err_sys(err, -r, "%s.architectures[%zu]: add %s", PLACE, index, name);
	/* each once, and no more than there are rows with runs_here for one machine */
	if (c->arch_count < ARRAY_SIZE(c->archs))
		c->archs[c->arch_count++] = token;
	return 0;
}

/* ---------------------------------------------------------------- rules */

static int read_args(const struct spec_seccomp_rule *rule, size_t index, struct scmp_arg_cmp *ret, bool *ret_apart,
		     struct err *err)
{
	unsigned int seen = 0;

	*ret_apart = false;
	for (size_t i = 0; i < rule->args.count; i++) {
		const struct spec_seccomp_arg *arg = &rule->args.items[i];
		const struct seccomp_operator *op = arg->op ? seccomp_find_operator(arg->op) : NULL;

		if (arg->index > ARG_INDEX_MAX)
			return err_user(err, "%s.syscalls[%zu].args[%zu].index: %u exceeds %d", PLACE, index, i,
					arg->index, ARG_INDEX_MAX);
		if (!op)
			return err_user(err, "%s.syscalls[%zu].args[%zu].op: unknown operator \"%s\"", PLACE, index, i,
					arg->op ? arg->op : "");
		*ret_apart |= seen >> arg->index & 1;
		seen |= 1U << arg->index;
		/* for SCMP_CMP_MASKED_EQ the first is the mask, as in the document; the others have no second */
		ret[i] = (struct scmp_arg_cmp){
			.arg = arg->index,
			.op = (enum scmp_compare)op->value,
			.datum_a = arg->value,
			.datum_b = arg->value_two,
		};
	}
	return 0;
}

/* libseccomp cannot check one argument twice in a rule.  As with other runtimes, each condition of such a rule then
 * becomes a rule of its own: one that holds is enough. */
static int add_conditions(const struct seccomp_compiler *c, uint32_t action, int number,
			  const struct scmp_arg_cmp *args, size_t count, bool apart)
{
	int r = 0;

	if (!apart)
		return c->library.rule_add_array(c->context, action, number, (unsigned int)count, count ? args : NULL);
	for (size_t i = 0; i < count && r == 0; i++)
		r = c->library.rule_add_array(c->context, action, number, 1, &args[i]);
	return r;
}

static int add_rule(const struct seccomp_compiler *c, size_t index, struct arena *arena, struct err *err)
{
	const struct spec_seccomp_rule *rule = &c->profile->syscalls.items[index];
	const char *member, *why;
	struct scmp_arg_cmp *args;
	uint32_t action = 0;
	bool apart;
	int r = action_value(rule->action, &rule->errno_ret, &action, &member, &why);

	if (r < 0)
		return err_set(err, -r, "%s.syscalls[%zu].%s: %s %s", PLACE, index, member, why,
			       rule->action ? rule->action : "(none)");
	args = ARENA_NEW(arena, struct scmp_arg_cmp, rule->args.count);
	if (!args)
		return err_memory(err);
	r = read_args(rule, index, args, &apart, err);
	if (r < 0 || action == c->default_action) /* libseccomp refuses to say twice what holds anyway */
		return r;
	for (size_t i = 0; i < rule->names.count; i++) {
		int number = c->library.syscall_resolve_name(rule->names.items[i]);

		if (number == __NR_SCMP_ERROR) {
			log_debug("%s.syscalls[%zu].names[%zu]: unknown system call %s is skipped", PLACE, index, i,
				  rule->names.items[i]);
			continue;
		}
		r = add_conditions(c, action, number, args, rule->args.count, apart);
		if (r < 0)
			return err_sys(err, -r, "%s.syscalls[%zu]: rule for %s", PLACE, index, rule->names.items[i]);
	}
	return 0;
}

static int build(struct seccomp_compiler *c, struct arena *arena, struct err *err)
{
	int r = 0;

	/* libseccomp puts the native architecture into every filter */
	c->archs[c->arch_count++] = c->library.arch_native();
	c->context = c->library.init(c->default_action);
	if (!c->context)
		return err_user(err, "%s.defaultAction: %s is not known to this kernel", PLACE,
				c->profile->default_action);
	for (size_t i = 0; i < c->profile->architectures.count && r == 0; i++)
		r = add_arch(c, i, err);
	for (size_t i = 0; i < c->profile->syscalls.count && r == 0; i++)
		r = add_rule(c, i, arena, err);
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

static int export_by_memory(const struct seccomp_compiler *c, struct arena *arena, struct seccomp_filter *ret,
			    struct err *err)
{
	autofree void *data = NULL;
	size_t size = 0;
	int r = c->library.export_bpf_mem(c->context, NULL, &size);

	if (r == 0) {
		data = malloc(size);
		if (!data)
			return err_memory(err);
		r = c->library.export_bpf_mem(c->context, data, &size);
	}
	return r < 0 ? err_sys(err, -r, "%s: build the filter", PLACE) : set_program(data, size, arena, ret, err);
}

static int export_by_file(const struct seccomp_compiler *c, struct arena *arena, struct seccomp_filter *ret,
			  struct err *err)
{
	autofree void *data = NULL;
	autofd fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return err_sys(err, errno, "memfd_create for the seccomp filter");
	r = c->library.export_bpf(c->context, fd);
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

int seccomp_compile(const struct spec_seccomp *profile, struct arena *arena, struct seccomp_filter *ret,
		    struct err *err)
{
	__attribute__((cleanup(compiler_release))) struct seccomp_compiler c = { .profile = profile };
	struct seccomp_filter filter = { 0 };
	int r = read_flags(profile, &filter.flags, err);

	if (r == 0 && profile->listener_metadata && !profile->listener_path)
		r = err_user(err, "%s.listenerMetadata: needs listenerPath", PLACE);
	if (r == 0)
		r = read_default_action(&c, err);
	if (r == 0)
		r = seccomp_library_open(&c.library, err);
	if (r == 0)
		r = build(&c, arena, err);
	if (r == 0)
		r = c.library.export_bpf_mem ? export_by_memory(&c, arena, &filter, err)
					     : export_by_file(&c, arena, &filter, err);
	if (r == 0)
		r = seccomp_add_newer(&c, arena, &filter, err);
	if (r == 0)
		*ret = filter;
	return r;
}
