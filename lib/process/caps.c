/* The names stand in a table of our own, because libcap's constructor alone makes half a dozen system calls, and loading it
 * costs more than all of this file's work.  libcap is asked, and loaded, only for a name that the table does not have: it may
 * be newer.  A unit test compares the table with libcap. */
#include "process/process.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/sys.h"
#include "process/launcher/control.h"

#define BIT(capability) (1ULL << (capability))
#define CAPS_MAX 64 /* what the kernel's interface has room for */
/* Every supported kernel has those up to here; whether it has a later one is asked. */
#define CAPS_SURE CAP_AUDIT_READ
#define WARNINGS_MAX 8

struct cap_name {
	const char *name;
	int number;
};

static const struct cap_name names[] = { /* sorted by name */
	{ "CAP_AUDIT_CONTROL", CAP_AUDIT_CONTROL },
	{ "CAP_AUDIT_READ", CAP_AUDIT_READ },
	{ "CAP_AUDIT_WRITE", CAP_AUDIT_WRITE },
	{ "CAP_BLOCK_SUSPEND", CAP_BLOCK_SUSPEND },
	{ "CAP_BPF", CAP_BPF },
	{ "CAP_CHECKPOINT_RESTORE", CAP_CHECKPOINT_RESTORE },
	{ "CAP_CHOWN", CAP_CHOWN },
	{ "CAP_DAC_OVERRIDE", CAP_DAC_OVERRIDE },
	{ "CAP_DAC_READ_SEARCH", CAP_DAC_READ_SEARCH },
	{ "CAP_FOWNER", CAP_FOWNER },
	{ "CAP_FSETID", CAP_FSETID },
	{ "CAP_IPC_LOCK", CAP_IPC_LOCK },
	{ "CAP_IPC_OWNER", CAP_IPC_OWNER },
	{ "CAP_KILL", CAP_KILL },
	{ "CAP_LEASE", CAP_LEASE },
	{ "CAP_LINUX_IMMUTABLE", CAP_LINUX_IMMUTABLE },
	{ "CAP_MAC_ADMIN", CAP_MAC_ADMIN },
	{ "CAP_MAC_OVERRIDE", CAP_MAC_OVERRIDE },
	{ "CAP_MKNOD", CAP_MKNOD },
	{ "CAP_NET_ADMIN", CAP_NET_ADMIN },
	{ "CAP_NET_BIND_SERVICE", CAP_NET_BIND_SERVICE },
	{ "CAP_NET_BROADCAST", CAP_NET_BROADCAST },
	{ "CAP_NET_RAW", CAP_NET_RAW },
	{ "CAP_PERFMON", CAP_PERFMON },
	{ "CAP_SETFCAP", CAP_SETFCAP },
	{ "CAP_SETGID", CAP_SETGID },
	{ "CAP_SETPCAP", CAP_SETPCAP },
	{ "CAP_SETUID", CAP_SETUID },
	{ "CAP_SYSLOG", CAP_SYSLOG },
	{ "CAP_SYS_ADMIN", CAP_SYS_ADMIN },
	{ "CAP_SYS_BOOT", CAP_SYS_BOOT },
	{ "CAP_SYS_CHROOT", CAP_SYS_CHROOT },
	{ "CAP_SYS_MODULE", CAP_SYS_MODULE },
	{ "CAP_SYS_NICE", CAP_SYS_NICE },
	{ "CAP_SYS_PACCT", CAP_SYS_PACCT },
	{ "CAP_SYS_PTRACE", CAP_SYS_PTRACE },
	{ "CAP_SYS_RAWIO", CAP_SYS_RAWIO },
	{ "CAP_SYS_RESOURCE", CAP_SYS_RESOURCE },
	{ "CAP_SYS_TIME", CAP_SYS_TIME },
	{ "CAP_SYS_TTY_CONFIG", CAP_SYS_TTY_CONFIG },
	{ "CAP_WAKE_ALARM", CAP_WAKE_ALARM },
};

/* ---------------------------------------------------------------- names */

/* The number, or -1. */
static int ask_libcap(const char *name)
{
	int number = -1;
#ifndef KAVEL_STATIC
	int value;
	int (*from_name)(const char *, int *);
	void *library;

	/* libcap also takes bare numbers and other spellings, which the specification does not */
	if (!str_after(name, "CAP_"))
		return -1;
	library = dlopen("libcap.so.2", RTLD_NOW | RTLD_LOCAL);
	if (!library)
		return -1;
	*(void **)&from_name = dlsym(library, "cap_from_name");
	if (from_name && from_name(name, &value) == 0 && value >= 0 && value < CAPS_MAX)
		number = value;
	(void)dlclose(library);
#else
	(void)name;
#endif
	return number;
}

static int number_of(const char *name)
{
	size_t low = 0, high = ARRAY_SIZE(names);

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(name, names[middle].name);

		if (order == 0)
			return names[middle].number;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return ask_libcap(name);
}

static const char *name_of(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (names[i].number == number)
			return names[i].name;
	return "a capability without a name here";
}

/* PR_CAPBSET_READ fails for a capability beyond the kernel's last one. */
static bool kernel_has(int number)
{
	return number <= CAPS_SURE || prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0;
}

const char *const *caps_names(struct arena *arena)
{
	const char **list = ARENA_NEW(arena, const char *, ARRAY_SIZE(names) + 1);
	size_t count = 0;

	if (!list)
		return NULL;
	for (int number = 0; number < CAPS_MAX; number++)
		for (size_t i = 0; i < ARRAY_SIZE(names); i++)
			if (names[i].number == number)
				list[count++] = names[i].name;
	return list;
}

/* ---------------------------------------------------------------- plan */

/* Names that were warned of: each once, and no more than a screenful whatever the document holds. */
struct warned {
	const char *names[WARNINGS_MAX];
	size_t count;
};

static void warn_ignored(struct warned *warned, const char *name)
{
	if (warned->count > WARNINGS_MAX)
		return;
	for (size_t i = 0; i < warned->count && i < WARNINGS_MAX; i++)
		if (str_eq(warned->names[i], name))
			return;
	if (warned->count++ == WARNINGS_MAX) {
		log_warning("process.capabilities: further unknown capabilities are ignored");
		return;
	}
	warned->names[warned->count - 1] = name;
	log_warning("process.capabilities: %s is ignored: not a capability of this system", name);
}

/* The first name that this system does not know, or NULL. */
static const char *find_unknown(const struct spec_strings *list)
{
	for (size_t i = 0; i < list->count; i++) {
		int number = number_of(list->items[i]);

		if (number < 0 || !kernel_has(number))
			return list->items[i];
	}
	return NULL;
}

static int refuse_unknown(const struct spec_capabilities *spec, struct err *err)
{
	const struct {
		const char *name;
		const struct spec_strings *list;
	} sets[] = {
		{ "bounding", &spec->bounding },       { "effective", &spec->effective },
		{ "inheritable", &spec->inheritable }, { "permitted", &spec->permitted },
		{ "ambient", &spec->ambient },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
		const char *name = find_unknown(sets[i].list);

		if (name)
			return err_user(err, "process.capabilities.%s: unknown capability %s", sets[i].name, name);
	}
	return 0;
}

static uint64_t plan_set(const struct spec_strings *list, struct warned *warned)
{
	uint64_t set = 0;

	for (size_t i = 0; i < list->count; i++) {
		int number = number_of(list->items[i]);

		if (number >= 0 && ((set & BIT(number)) || kernel_has(number)))
			set |= BIT(number);
		else
			warn_ignored(warned, list->items[i]);
	}
	return set;
}

static void plan_ambient(struct caps_plan *plan)
{
	uint64_t possible = plan->permitted & plan->inheritable;

	for (int number = 0; number < CAPS_MAX; number++)
		if ((plan->ambient & ~possible) & BIT(number))
			log_warning("can't raise ambient capability %s: it is not both permitted and inheritable",
				    name_of(number));
	plan->ambient &= possible;
}

int caps_plan(const struct spec_process *process, bool refuses_unknown, struct caps_plan *ret, struct err *err)
{
	const struct spec_capabilities *spec = &process->capabilities;
	struct caps_plan plan = { .is_set = spec->is_set };
	struct warned warned = { .count = 0 };
	uint64_t excess;
	int r = refuses_unknown ? refuse_unknown(spec, err) : 0;

	if (r < 0)
		return r;
	plan.bounding = plan_set(&spec->bounding, &warned);
	plan.effective = plan_set(&spec->effective, &warned);
	plan.inheritable = plan_set(&spec->inheritable, &warned);
	plan.permitted = plan_set(&spec->permitted, &warned);
	plan.ambient = plan_set(&spec->ambient, &warned);
	excess = plan.effective & ~plan.permitted;
	if (excess)
		return err_user(err, "process.capabilities.effective: %s is not in process.capabilities.permitted",
				name_of(__builtin_ctzll(excess)));
	plan_ambient(&plan);
	*ret = plan;
	return 0;
}

unsigned int caps_keep_admin(struct caps_plan *plan, uid_t uid)
{
	const uint64_t admin = BIT(CAP_SYS_ADMIN);
	unsigned int drop = CONTROL_DROP_AMBIENT;

	/* what an execve(2) gives by capabilities(7): to root all of the bounding and inheritable sets, to others the
	 * ambient set */
	if (!plan->is_set || (plan->ambient & admin) || (uid == 0 && ((plan->bounding | plan->inheritable) & admin)))
		return 0;
	if (!(plan->inheritable & admin))
		drop |= CONTROL_DROP_INHERITABLE;
	plan->permitted |= admin;
	plan->inheritable |= admin;
	plan->ambient |= admin;
	return drop;
}

/* ---------------------------------------------------------------- apply */

struct caps_now {
	uint64_t effective, permitted, inheritable;
};

static int get_caps(struct caps_now *ret, struct err *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (sys_capget(&header, data) < 0)
		return err_sys(err, errno, "capget");
	ret->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	ret->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	ret->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

/* Returns 0 or -errno. */
static int set_caps(const struct caps_now *caps)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)caps->effective, (uint32_t)caps->permitted, (uint32_t)caps->inheritable },
		{ (uint32_t)(caps->effective >> 32), (uint32_t)(caps->permitted >> 32),
		  (uint32_t)(caps->inheritable >> 32) },
	};

	return sys_capset(&header, data) < 0 ? -errno : 0;
}

/* What shall be inheritable but not in the bounding set can be made so only before it leaves that. */
static int raise_inheritable(uint64_t set, struct err *err)
{
	struct caps_now now;
	int r = get_caps(&now, err);

	if (r < 0)
		return r;
	now.inheritable |= set;
	r = set_caps(&now);
	return r < 0 ? err_sys(err, -r, "make %s inheritable", name_of(__builtin_ctzll(set))) : 0;
}

int caps_apply_bounding(const struct caps_plan *plan, struct err *err)
{
	uint64_t early = plan->inheritable & ~plan->bounding;
	int r = 0;

	if (!plan->is_set)
		return 0;
	if (early)
		r = raise_inheritable(early, err);
	for (int number = 0; r == 0 && number < CAPS_MAX; number++) {
		bool wanted = plan->bounding & BIT(number);
		int present;

		if (!wanted && prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0)
			continue;
		/* the last capability of this kernel is behind us, or dropping was forbidden */
		if (!wanted && errno == EINVAL)
			break;
		present = prctl(PR_CAPBSET_READ, number, 0, 0, 0);
		if (wanted && present != 1)
			r = err_set(err, EPERM, "process.capabilities.bounding: kavel itself may not have %s",
				    name_of(number));
		else if (!wanted && present != 0)
			r = err_sys(err, EPERM, "drop %s from the bounding set", name_of(number));
	}
	return r;
}

static int apply_ambient(uint64_t set, uint64_t inheritable, struct err *err)
{
	/* what is not inheritable has left the ambient set already (capabilities(7)) */
	if (inheritable && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && (errno != EINVAL || set))
		return err_sys(err, errno, "clear the ambient capabilities");
	for (int number = 0; number < CAPS_MAX; number++)
		if ((set & BIT(number)) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0)
			log_warning("can't raise ambient capability %s: %s", name_of(number), strerror(errno));
	return 0;
}

static int explain_capset(int number, const struct caps_plan *plan, struct err *err)
{
	struct caps_now now;
	uint64_t missing;
	int r = get_caps(&now, err);

	if (r < 0)
		return r;
	missing = plan->permitted & ~now.permitted;
	r = err_sys(err, number, "set capabilities");
	return missing ? err_hint(err, "kavel itself does not have %s", name_of(__builtin_ctzll(missing))) : r;
}

int caps_apply(const struct caps_plan *plan, struct err *err)
{
	const struct caps_now want = {
		.effective = plan->effective,
		.permitted = plan->permitted,
		.inheritable = plan->inheritable,
	};
	struct caps_now have;
	int r;

	if (!plan->is_set)
		return 0;
	r = set_caps(&want);
	if (r < 0)
		return explain_capset(-r, plan, err);
	r = apply_ambient(plan->ambient, plan->inheritable, err);
	if (r == 0)
		r = get_caps(&have, err);
	if (r < 0)
		return r;
	if (memcmp(&have, &want, sizeof(have)) != 0)
		return err_set(err, EPERM, "the capabilities that were set are not those that are there");
	return 0;
}
