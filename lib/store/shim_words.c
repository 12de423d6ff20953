#include "store/shim_words.h"

#include <string.h>
#include <unistd.h>

#include "base/auto.h"

#define WORDS_MAX 96 /* beside the labels */

/* A list that grows within its room; after memory ran out it is too long. */
struct list {
	char **items;
	size_t count, room;
	struct arena *arena;
	bool failed;
};

static void add(struct list *list, const char *word)
{
	char *copy = word ? arena_strdup(list->arena, word) : NULL;

	if (!copy || list->count + 1 >= list->room)
		list->failed = true;
	else
		list->items[list->count++] = copy;
}

/* "--name=value"; nothing where there is no value. */
static void add_text(struct list *list, const char *name, const char *value)
{
	if (value)
		add(list, arena_printf(list->arena, "--%s=%s", name, value));
}

static void add_number(struct list *list, const char *name, uint64_t value)
{
	if (value)
		add(list, arena_printf(list->arena, "--%s=%llu", name, (unsigned long long)value));
}

static void add_time(struct list *list, const char *name, uint64_t ms)
{
	if (ms)
		add(list, arena_printf(list->arena, "--%s=%llums", name, (unsigned long long)ms));
}

static void add_runtime(struct list *list, const struct store *store, const struct shim_call *call)
{
	add_text(list, "runtime", call->runtime);
	add_text(list, "runtime-arg", "--root");
	add_text(list, "runtime-arg", store->host->root);
	if (call->systemd_cgroup)
		add(list, "--systemd-cgroup");
	if (call->no_cgroup)
		add_text(list, "runtime-arg", "--cgroup-manager=disabled");
}

static void add_log(struct list *list, const struct guest *guest)
{
	const struct guest_log *log = &guest->settings.log;
	const bool is_file = str_eq(log->driver, "k8s-file") || str_eq(log->driver, "json-file");

	add_text(list, "log-path", is_file ? arena_printf(list->arena, "%s:%s", log->driver, guest->log) : log->driver);
	if (is_file) {
		add_number(list, "log-size-max", log->size);
		if (log->size)
			add(list, "--log-rotate");
		if (log->size)
			add_number(list, "log-max-files", log->files);
	}
	add_text(list, "log-policy", log->policy);
	for (size_t i = 0; i < guest->settings.labels.count; i++)
		add_text(list, "log-label", guest->settings.labels.items[i]);
}

static void add_health(struct list *list, const struct guest_health *health)
{
	if (!health->command)
		return;
	add_text(list, "health-cmd", health->command);
	add_time(list, "health-interval", health->interval_ms);
	add_time(list, "health-timeout", health->timeout_ms);
	add_time(list, "health-start-period", health->start_period_ms);
	add_number(list, "health-retries", health->retries);
	add_text(list, "health-action", health->action);
}

static void add_guest(struct list *list, const struct guest *guest, const struct shim_call *call, bool adopt)
{
	const struct guest_settings *s = &guest->settings;

	add_text(list, "id", guest->name);
	add_text(list, "name", guest->name);
	add_text(list, "bundle", guest->bundle);
	add_text(list, "run-dir", guest->run);
	add_text(list, "pidfile", arena_printf(list->arena, "%s/pid", guest->path));
	add_text(list, "exit-record", guest->exit_record);
	add(list, "--start");
	if (adopt)
		add(list, "--adopt");
	if (s->terminal)
		add(list, "--terminal");
	if (s->input) {
		add(list, "--stdin");
		if (!call->attached)
			add(list, "--leave-stdin-open");
	}
	add_text(list, "restart", s->restart);
	add_text(list, "stop-signal", s->stop_signal);
	add_time(list, "stop-timeout", s->stop_timeout_ms);
}

/* What is to go when it has ended is removed by the last thing that the shim does. */
static void add_removal(struct list *list, const struct store *store, const struct guest *guest,
			const struct shim_call *call)
{
	const char *const words[] = {
		"--root", store->host->root, "rm", "--force", "--store", store->path, guest->name
	};

	if (!guest->settings.is_temporary)
		return;
	if (call->attached)
		add(list, "--exit-delay=1"); /* exit.json goes, too */
	add_text(list, "exit-command", call->runtime);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		add_text(list, "exit-command-arg", words[i]);
}

/* That of the caller, with the pipe's descriptor. */
static int make_environment(struct shim_words *words, struct err *err)
{
	size_t count = 0, at = 0;

	while (environ[count])
		count++;
	words->environment = ARENA_NEW(&words->arena, char *, count + 2);
	if (!words->environment)
		return err_memory(err);
	for (size_t i = 0; i < count; i++)
		if (!str_after(environ[i], "_OCI_"))
			words->environment[at++] = environ[i];
	words->environment[at] = arena_strdup(&words->arena, "_OCI_SYNCPIPE=3");
	return words->environment[at] ? 0 : err_memory(err);
}

int shim_words_make(const struct store *store, const struct guest *guest, const struct shim_call *call, bool adopt,
		    struct shim_words *ret, struct err *err)
{
	struct list list = { .arena = &ret->arena, .room = WORDS_MAX + guest->settings.labels.count };

	list.items = ARENA_NEW(&ret->arena, char *, list.room);
	if (!list.items)
		return err_memory(err);
	add(&list, call->shim);
	add_guest(&list, guest, call, adopt);
	add_runtime(&list, store, call);
	add_log(&list, guest);
	add_health(&list, &guest->settings.health);
	add_removal(&list, store, guest, call);
	ret->items = list.items;
	return list.failed ? err_memory(err) : make_environment(ret, err);
}

void shim_words_free(struct shim_words *words)
{
	arena_free(&words->arena);
}
