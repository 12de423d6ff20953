#include "namespaces/map_program.h"

#include <errno.h>
#include <stdio.h>
#include <sys/wait.h>

#include "base/arena.h"
#include "base/auto.h"
#include "base/command.h"
#include "base/str.h"

#define TIMEOUT_MS 10000
#define KEPT	   400 /* bytes of what it says: fits into a struct err beside the rest */

/* The last two: where NixOS and Guix keep programs with special rights. */
static const char *const folders[] = { "/usr/bin", "/bin", "/usr/sbin", "/usr/local/bin", "/run/wrappers/bin",
				       "/run/privileged/bin" };

bool map_program_find(const char *name, char path[MAP_PROGRAM_ROOM])
{
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		(void)snprintf(path, MAP_PROGRAM_ROOM, "%s/%s", folders[i], name); /* both are constants that fit */
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

/* PROGRAM PID CONTAINER HOST SIZE ..., each a word of its own. */
static char **make_words(const char *path, pid_t pid, const struct spec_id_mappings *mappings, struct arena *arena,
			 struct err *err)
{
	char **words = ARENA_NEW(arena, char *, 3 * mappings->count + 3);
	size_t n = 0;

	if (!words)
		return (void)err_memory(err), NULL;
	words[n++] = arena_strdup(arena, path);
	words[n++] = arena_printf(arena, "%d", pid);
	for (size_t i = 0; i < mappings->count; i++) {
		const struct spec_id_mapping *item = &mappings->items[i];

		words[n++] = arena_printf(arena, "%u", item->container_id);
		words[n++] = arena_printf(arena, "%u", item->host_id);
		words[n++] = arena_printf(arena, "%u", item->size);
	}
	for (size_t i = 0; i < n; i++)
		if (!words[i])
			return (void)err_memory(err), NULL;
	return words;
}

static int judge(const char *name, const char *property, int status, const char *said, struct err *err)
{
	const bool is_gid = str_eq(name, MAP_PROGRAM_GID);

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == COMMAND_NOT_RUN)
		return err_set(err, EPERM, "%s: %s cannot be executed", property, name);
	if (WIFSIGNALED(status))
		return err_set(err, EPERM, "%s: %s was killed by signal %d", property, name, WTERMSIG(status));
	(void)err_set(err, EPERM, "%s: %s refused: %s", property, name, *said ? said : "it does not say why");
	return err_hint(err, "%s must grant the caller each ID but his own: OWNER:START:COUNT",
			is_gid ? "/etc/subgid" : "/etc/subuid");
}

static int run(const char *name, const char *property, char **words, struct err *err)
{
	const struct command command = { .words = words, .input = -1, .timeout_ms = TIMEOUT_MS };
	char said[KEPT + 1];
	int status = 0;
	int r = command_run(&command, said, sizeof(said), &status, err);

	if (r < 0)
		return r;
	return r > 0 ? err_set(err, ETIMEDOUT, "%s: %s does not end", property, name)
		     : judge(name, property, status, said, err);
}

int map_program_run(const char *name, const char *property, pid_t pid, const struct spec_id_mappings *mappings,
		    struct err *err)
{
	char path[MAP_PROGRAM_ROOM];
	struct arena arena = { 0 };
	char **words;
	int r;

	if (!map_program_find(name, path)) {
		(void)err_set(err, ENOENT, "%s: more than the caller's own ID needs %s, which is not installed",
			      property, name);
		return err_hint(err, "it comes with the package uidmap or shadow-utils");
	}
	words = make_words(path, pid, mappings, &arena, err);
	r = words ? run(name, property, words, err) : -err->number;
	arena_free(&arena);
	return r;
}
