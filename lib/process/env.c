/* The environment: one pass over the items, each found again by its name in a hash table with open addressing. */
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/path.h"

#define PASSWD_MAX (1 << 20) /* how much of the guest's /etc/passwd is read */

struct env_table {
	size_t *slots; /* index into the items, plus 1; 0: free */
	size_t mask;   /* number of slots - 1; a power of 2 */
	uint64_t seed;
};

/* The kernel's random bytes for this process keep an image from choosing names that all collide. */
static uint64_t seed(void)
{
	const void *random = (const void *)(uintptr_t)getauxval(AT_RANDOM); /* NOLINT: an address by contract */
	uint64_t value = 0;

	if (random)
		memcpy(&value, random, sizeof(value));
	return value;
}

static uint64_t hash(uint64_t seed_value, const char *name, size_t size)
{
	uint64_t h = seed_value;

	for (size_t i = 0; i < size; i++) {
		h = (h ^ (unsigned char)name[i]) * 0x9e3779b97f4a7c15ULL;
		h ^= h >> 29;
	}
	return h;
}

/* Put the item where its name is, or at the end.  size: of the name with the "=". */
static void put(struct env_plan *plan, struct env_table *table, char *item, size_t size)
{
	size_t at = hash(table->seed, item, size) & table->mask;

	for (; table->slots[at]; at = (at + 1) & table->mask) {
		char **there = &plan->items[table->slots[at] - 1];

		if (strncmp(*there, item, size) == 0) {
			*there = item;
			return;
		}
	}
	plan->items[plan->count++] = item;
	table->slots[at] = plan->count;
}

static int add(struct env_plan *plan, struct env_table *table, const char *item, size_t index, struct err *err)
{
	const char *equals = strchr(item, '=');
	char *text = (char *)(uintptr_t)item; /* execve(2) wants it so; nobody writes to it */

	if (!equals)
		return err_user(err, "process.env[%zu]: \"%.64s\" has no \"=\"", index, item);
	if (equals == item)
		return err_user(err, "process.env[%zu]: no name before the \"=\"", index);
	put(plan, table, text, (size_t)(equals - item) + 1);
	return 0;
}

static bool has_home(const struct env_plan *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		const char *value = str_after(plan->items[i], "HOME=");

		if (value)
			return *value;
	}
	return false;
}

int env_plan(const struct spec_process *process, const char *const *extra, struct arena *arena, struct env_plan *ret,
	     struct err *err)
{
	struct env_table table = { .mask = 15, .seed = seed() };
	struct env_plan plan = { 0 };
	size_t room = process->env.count;
	int r = 0;

	for (size_t i = 0; extra && extra[i]; i++)
		room++;
	while (table.mask < 2 * room)
		table.mask = table.mask * 2 + 1;
	plan.items = ARENA_NEW(arena, char *, room + 1);
	table.slots = ARENA_NEW(arena, size_t, table.mask + 1);
	if (!plan.items || !table.slots)
		return err_memory(err);
	for (size_t i = 0; i < process->env.count && r == 0; i++)
		r = add(&plan, &table, process->env.items[i], i, err);
	for (size_t i = 0; extra && extra[i] && r == 0; i++)
		r = add(&plan, &table, extra[i], i, err);
	if (r < 0)
		return r;
	plan.has_home = has_home(&plan);
	*ret = plan;
	return 0;
}

/* ---------------------------------------------------------------- HOME */

/* The n-th field (from 0) of a line of passwd(5), cut out in place; NULL: the line has no such field. */
static char *field(char *line, int n)
{
	char *at = line;

	while (n--) {
		at = strchr(at, ':');
		if (!at)
			return NULL;
		at++;
	}
	return at;
}

/* The home directory in a line about `uid`, cut out in place; NULL: it is about somebody else. */
static const char *home_in_line(char *line, uid_t uid)
{
	char *number = field(line, 2), *home = field(line, 5);
	uint64_t value;

	if (!number || !home)
		return NULL;
	number[strcspn(number, ":")] = '\0';
	home[strcspn(home, ":")] = '\0';
	return str_u64(number, UINT32_MAX, &value) && value == uid ? home : NULL;
}

static const char *home_in_text(char *text, uid_t uid)
{
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		const char *home = home_in_line(line, uid);

		if (home)
			return home;
	}
	return NULL;
}

/* Read the guest's /etc/passwd.  Whatever stands in the way means that there is no such file: a guest without users
 * is usual.  stat(2) first, as opening a FIFO or device has effects. */
static char *read_passwd(void)
{
	autofree char *text = NULL;
	const int root = AT_FDCWD; /* still the guest's root directory */
	autofd fd = -1;
	struct err unused;
	struct stat st;
	size_t size;
	ssize_t n;

	if (stat("/etc/passwd", &st) < 0 || !S_ISREG(st.st_mode) ||
	    path_open(root, "etc/passwd", O_RDONLY, &fd, &unused) < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return NULL;
	size = st.st_size < PASSWD_MAX ? (size_t)st.st_size : PASSWD_MAX;
	text = malloc(size + 1);
	n = text ? fd_read_all(fd, text, size) : -ENOMEM;
	if (n < 0)
		return NULL;
	text[n] = '\0';
	return take_ptr(text);
}

int env_add_home(struct env_plan *plan, uid_t uid, struct arena *arena, struct err *err)
{
	autofree char *text = NULL;
	const char *home = NULL;
	char **items;
	size_t at = 0;

	if (plan->has_home)
		return 0;
	text = read_passwd();
	if (text)
		home = home_in_text(text, uid);
	items = ARENA_NEW(arena, char *, plan->count + 2);
	if (!items)
		return err_memory(err);
	memcpy(items, plan->items, plan->count * sizeof(*items));
	while (at < plan->count && !str_after(items[at], "HOME="))
		at++;
	items[at] = arena_printf(arena, "HOME=%s", home && *home ? home : "/");
	if (!items[at])
		return err_memory(err);
	plan->items = items;
	plan->count += at == plan->count;
	plan->has_home = true;
	return 0;
}
