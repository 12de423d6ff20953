/* process, hooks: what execve(2) and setrlimit(2) would refuse, told before anything is made. */
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>

#include "base/auto.h"
#include "base/str.h"
#include "spec/check.h"
#include "spec/forms.h"

/* execve(2), Limits on size of arguments and environment: one string has at most 32 pages; all of them with their
 * pointers, three quarters of 8 MiB, whatever RLIMIT_STACK allows. */
#define EXEC_STRING_PAGES 32
#define EXEC_TOTAL_MAX	  (6u << 20)

/* setgroups(2): NGROUPS_MAX */
#define GROUPS_MAX 65536

static int check_exec_strings(const struct spec_strings *strings, const char *place, size_t *total, struct err *err)
{
	size_t most = EXEC_STRING_PAGES * getauxval(AT_PAGESZ);

	for (size_t i = 0; i < strings->count; i++) {
		size_t size = strlen(strings->items[i]) + 1;

		if (size > most)
			return err_user(err, "%s[%zu]: longer than the %zu bytes that execve(2) takes", place, i,
					most - 1);
		*total += size + sizeof(char *);
		if (*total > EXEC_TOTAL_MAX)
			return err_user(err,
					"%s: arguments and environment are larger than the 6 MiB that execve(2) takes",
					place);
	}
	return 0;
}

static int check_environment(const struct spec_strings *env, const char *place, struct err *err)
{
	for (size_t i = 0; i < env->count; i++)
		if (!form_is_environment(env->items[i]))
			return err_user(err, "%s[%zu]: expected KEY=VALUE, got \"%.200s\"", place, i, env->items[i]);
	return 0;
}

static int check_rlimits(const struct spec_rlimits *rlimits, struct err *err)
{
	for (size_t i = 0; i < rlimits->count; i++) {
		const struct spec_rlimit *limit = &rlimits->items[i];

		if (limit->soft > limit->hard)
			return err_user(err, "process.rlimits[%zu]: soft limit %ju exceeds hard limit %ju", i,
					(uintmax_t)limit->soft, (uintmax_t)limit->hard);
		/* ends early: there are only 16 types */
		for (size_t j = 0; j < i; j++)
			if (str_eq(rlimits->items[j].type, limit->type))
				return err_user(err, "process.rlimits[%zu]: %s is already set by process.rlimits[%zu]",
						i, limit->type, j);
	}
	return 0;
}

static int check_affinity(const char *list, const char *place, struct err *err)
{
	if (!list || form_is_number_list(list))
		return 0;
	return err_user(err, "process.execCPUAffinity.%s: invalid CPU list \"%.200s\"", place, list);
}

static int check_command(const struct spec_process *process, struct err *err)
{
	size_t total = 0;
	int r;

	if (!*process->args.items[0])
		return err_user(err, "process.args[0]: must not be empty");
	r = check_exec_strings(&process->args, "process.args", &total, err);
	if (r == 0)
		r = check_exec_strings(&process->env, "process.env", &total, err);
	if (r == 0)
		r = check_environment(&process->env, "process.env", err);
	return r;
}

int check_process(const struct spec_process *process, struct err *err)
{
	int r = check_command(process, err);

	if (r < 0)
		return r;
	if (process->user.additional_gids.count > GROUPS_MAX)
		return err_user(err, "process.user.additionalGids: more than %d groups", GROUPS_MAX);
	r = check_rlimits(&process->rlimits, err);
	if (r == 0)
		r = check_affinity(process->exec_cpu_affinity.initial, "initial", err);
	if (r == 0)
		r = check_affinity(process->exec_cpu_affinity.final, "final", err);
	return r;
}

static int check_hook_list(const struct spec_hook_list *hooks, const char *name, struct err *err)
{
	for (size_t i = 0; i < hooks->count; i++) {
		const struct spec_hook *hook = &hooks->items[i];
		char place[64];
		size_t total = 0;
		int r;

		(void)snprintf(place, sizeof(place), "hooks.%s[%zu].args", name, i);
		r = check_exec_strings(&hook->args, place, &total, err);
		if (r < 0)
			return r;
		(void)snprintf(place, sizeof(place), "hooks.%s[%zu].env", name, i);
		r = check_exec_strings(&hook->env, place, &total, err);
		if (r == 0)
			r = check_environment(&hook->env, place, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int check_hooks(const struct spec_hooks *hooks, struct err *err)
{
	const struct {
		const char *name;
		const struct spec_hook_list *list;
	} lists[] = {
		{ "prestart", &hooks->prestart },
		{ "createRuntime", &hooks->create_runtime },
		{ "createContainer", &hooks->create_container },
		{ "startContainer", &hooks->start_container },
		{ "poststart", &hooks->poststart },
		{ "poststop", &hooks->poststop },
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		int r = check_hook_list(lists[i].list, lists[i].name, err);

		if (r < 0)
			return r;
	}
	return 0;
}
