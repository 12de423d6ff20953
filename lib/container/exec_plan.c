/* The process of an exec: the container's own, and what the options change of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "container/exec.h"

#define PROCESS_SIZE_MAX (16u << 20)

/* Both lists as one, in the arena. */
static int join_strings(struct arena *arena, struct spec_strings *list, const char *const *more, struct err *err)
{
	size_t count = 0;
	const char **items;

	while (more && more[count])
		count++;
	if (!count)
		return 0;
	items = ARENA_NEW(arena, const char *, list->count + count + 1);
	if (!items)
		return err_memory(err);
	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	memcpy(items + list->count, more, count * sizeof(*items));
	list->items = items;
	list->count += count;
	return 0;
}

/* "UID[:GID]": numbers only, as a name would be looked up in a file that the guest controls. */
static int parse_user(const char *text, struct spec_user *user, struct err *err)
{
	autofree char *copy = strdup(text);
	char *colon;
	uint64_t uid, gid = 0;

	if (!copy)
		return err_memory(err);
	colon = strchr(copy, ':');
	if (colon)
		*colon = '\0';
	/* 2^32 - 1 means "unchanged" to the kernel, and would leave root */
	if (!str_u64(copy, UINT32_MAX - 1, &uid) || (colon && !str_u64(colon + 1, UINT32_MAX - 1, &gid)))
		return err_user(err, "--user %s: expected UID[:GID], two numbers up to 4294967294", text);
	user->uid = (uint32_t)uid;
	user->gid = (uint32_t)gid;
	user->additional_gids = (struct spec_u32s){ 0 };
	return 0;
}

static int add_gids(struct arena *arena, const struct container_exec_options *o, struct spec_user *user,
		    struct err *err)
{
	size_t had = user->additional_gids.count;
	uint32_t *items;

	if (!o->additional_gid_count)
		return 0;
	items = ARENA_NEW(arena, uint32_t, had + o->additional_gid_count);
	if (!items)
		return err_memory(err);
	if (had)
		memcpy(items, user->additional_gids.items, had * sizeof(*items));
	memcpy(items + had, o->additional_gids, o->additional_gid_count * sizeof(*items));
	user->additional_gids = (struct spec_u32s){ .items = items, .count = had + o->additional_gid_count };
	return 0;
}

static bool has_string(const struct spec_strings *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (str_eq(list->items[i], text))
			return true;
	return false;
}

/* Never the inheritable set (CVE-2022-29162), and the ambient one only by what the container lets be inherited. */
static int add_caps(struct arena *arena, const struct container_exec_options *o, struct spec_capabilities *caps,
		    struct err *err)
{
	int r = join_strings(arena, &caps->bounding, o->caps, err);

	if (r == 0)
		r = join_strings(arena, &caps->effective, o->caps, err);
	if (r == 0)
		r = join_strings(arena, &caps->permitted, o->caps, err);
	for (const char *const *cap = o->caps; cap && *cap && r == 0; cap++) {
		const char *const one[] = { *cap, NULL };

		if (has_string(&caps->inheritable, *cap))
			r = join_strings(arena, &caps->ambient, one, err);
	}
	return r;
}

static int read_process_file(const struct container_exec_options *o, struct exec_plan *plan, struct err *err)
{
	autofree char *text = NULL;
	size_t size;
	int r = file_read_stream(o->process_file, PROCESS_SIZE_MAX, &text, &size, err);

	if (r == 0)
		r = spec_parse_process(text, size, o->process_file, &plan->file, err);
	if (r == 0)
		plan->process = spec_of(plan->file)->process;
	/* of the container's, as other runtimes do, where the file has none */
	if (r == 0 && !plan->process.scheduler.is_set)
		plan->process.scheduler = plan->plan.spec->process.scheduler;
	if (r == 0 && !plan->process.io_priority.is_set)
		plan->process.io_priority = plan->plan.spec->process.io_priority;
	return r;
}

static int merge(const struct container_exec_options *o, struct exec_plan *plan, struct err *err)
{
	struct spec_process *process = &plan->process;
	struct arena *arena = &plan->plan.arena;
	int r = 0;

	*process = plan->plan.spec->process;
	/* the container's terminal and its size are not those of an exec */
	process->terminal = o->terminal;
	process->console_size = (struct spec_console_size){ 0 };
	if (o->process_file) {
		r = read_process_file(o, plan, err);
		process->terminal |= o->terminal;
	} else {
		process->args = (struct spec_strings){ 0 };
		r = join_strings(arena, &process->args, o->args, err);
		if (r == 0 && !process->args.count)
			r = err_user(err, "there is no command to execute");
	}
	if (r == 0)
		r = join_strings(arena, &process->env, o->env, err);
	if (r == 0 && o->user)
		r = parse_user(o->user, &process->user, err);
	if (r == 0)
		r = add_gids(arena, o, &process->user, err);
	if (r == 0)
		r = add_caps(arena, o, &process->capabilities, err);
	if (o->cwd)
		process->cwd = o->cwd;
	else if (!process->cwd) /* a container without a process has none to begin with */
		process->cwd = "/";
	if (o->no_new_privileges)
		process->no_new_privileges = true;
	if (o->apparmor_profile && *o->apparmor_profile)
		process->apparmor_profile = o->apparmor_profile;
	if (o->selinux_label && *o->selinux_label)
		process->selinux_label = o->selinux_label;
	process->is_set = true;
	return r;
}

int exec_plan_make(const struct container_host *host, const struct state *state,
		   const struct container_exec_options *options, struct exec_plan *ret, struct err *err)
{
	struct plan *plan = &ret->plan;
	int r;

	plan->host = host;
	r = state_load_config(state, &plan->document, err);
	if (r < 0)
		return r;
	plan->spec = spec_of(plan->document);
	plan->process = &ret->process;
	plan->preserve_fds = options->preserve_fds;
	plan->agent = state->agent; /* of the environment that create had */
	r = merge(options, ret, err);
	if (r == 0 && ret->process.cwd[0] != '/')
		r = err_user(err, "the working directory %s is not an absolute path", ret->process.cwd);
	if (r == 0)
		r = spec_check_user(plan->spec, &ret->process.user, err);
	if (r == 0)
		r = ns_plan(plan->spec, &plan->ns, err);
	/* the container got one unasked; create knows whether it may (plan_user_ns()) */
	if (r == 0 && !ns_is_private(&plan->ns, SPEC_NS_USER) && plan_is_unprivileged())
		ns_plan_add_user(plan->spec, &plan->ns);
	if (r == 0)
		r = plan_process(plan, err);
	if (r == 0)
		r = affinity_plan(&ret->process.exec_cpu_affinity, &plan->affinity, err);
	if (r == 0)
		r = plan_agent(plan, err);
	return r == 0 ? plan_filter(plan, err) : r;
}

void exec_plan_free(struct exec_plan *plan)
{
	spec_free(plan->file);
	plan_free(&plan->plan);
}
