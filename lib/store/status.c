/* What a guest does now: what the runtime knows of its container, and what its shim wrote down. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "json/decode.h"
#include "json/read.h"
#include "store/control.h"
#include "store/store.h"

#define DOCUMENT_MAX (256u << 10) /* bytes */

struct shim_health {
	const char *status;
};

struct shim_status {
	const char *status, *started, *error;
	uint64_t restarts;
	struct shim_health health;
};

struct exit_record {
	const char *finished;
	int64_t code; /* -1: not known */
};

FIELDS(health_fields, struct shim_health) {
	STR(struct shim_health, "status", status, 0),
	END
};

FIELDS(status_fields, struct shim_status) {
	STR(struct shim_status, "status", status, 0),
	STR(struct shim_status, "startedAt", started, 0),
	STR(struct shim_status, "error", error, F_EMPTY_IS_ABSENT),
	U64(struct shim_status, "restarts", restarts, UINT64_MAX, 0),
	OBJECT(struct shim_status, "health", health, health_fields, 0),
	END
};

FIELDS(exit_fields, struct exit_record) {
	STR(struct exit_record, "finishedAt", finished, 0),
	I64_OR(struct exit_record, "exitCode", code, -1, 255, -1, 0),
	END
};

/* A document that is missing or damaged tells nothing. */
static void read_document(const char *path, const struct field *fields, void *object, struct arena *arena,
			  char **ret_text, void **ret_json)
{
	autofree char *text = NULL;
	struct err ignored;
	json_t *json;
	size_t size;

	if (file_read(AT_FDCWD, path, DOCUMENT_MAX, &text, &size, &ignored) < 0 ||
	    json_read(text, size, path, &json, &ignored) < 0)
		return;
	*ret_json = json;
	if (json_decode(json, fields, object, arena, "", &ignored) == 0)
		*ret_text = take_ptr(text);
}

static int read_container(const struct store *store, const struct guest *guest, struct guest_status *status,
			  const char **ret_name, struct err *err)
{
	struct container_info info;
	int r = container_info(store->host, guest->name, &info, err);

	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	status->has_container = true;
	if (info.status != CONTAINER_STOPPED)
		status->pid = info.pid;
	*ret_name = container_status_name(info.status);
	container_info_free(&info);
	return 0;
}

static void read_exit(const struct guest *guest, struct guest_status *status)
{
	struct exit_record record = { .code = -1 };

	read_document(guest->exit_record, exit_fields, &record, &status->arena, &status->exit_text, &status->exit_json);
	if (!status->exit_text)
		return;
	status->has_ended = true;
	status->finished = record.finished;
	status->has_exit_code = record.code >= 0;
	status->exit_code = record.code;
}

static void read_shim(const struct guest *guest, struct guest_status *status)
{
	const char *path = arena_printf(&status->arena, "%s/status.json", guest->run);
	struct shim_status shim = { 0 };

	if (!path)
		return;
	read_document(path, status_fields, &shim, &status->arena, &status->status_text, &status->status_json);
	if (!status->status_text)
		return;
	status->status = shim.status;
	status->started = shim.started;
	status->error = shim.error;
	status->health = shim.health.status;
	status->restarts = shim.restarts;
}

int guest_status(const struct store *store, const struct guest *guest, struct guest_status *ret, struct err *err)
{
	struct guest_status status = { 0 };
	const char *container = NULL;
	int r = control_shim(guest->run, &status.shim, err);

	if (r == 0)
		r = read_container(store, guest, &status, &container, err);
	if (r < 0)
		return r;
	read_exit(guest, &status);
	read_shim(guest, &status);
	if (status.shim)
		status.state = GUEST_RUNNING;
	else
		status.state = status.pid ? GUEST_UNATTENDED : GUEST_STOPPED;
	if (!status.shim) /* what a dead one wrote last is not so any more, but for a failure */
		status.status = status.pid ? "unattended" : status.error ? "failed" : "stopped";
	else if (container && str_eq(container, "paused"))
		status.status = "paused";
	else if (!status.status)
		status.status = "starting";
	*ret = status;
	return 0;
}

void guest_status_free(struct guest_status *status)
{
	free(status->status_text);
	free(status->exit_text);
	if (status->status_json)
		json_decref(status->status_json);
	if (status->exit_json)
		json_decref(status->exit_json);
	arena_free(&status->arena);
	*status = (struct guest_status){ 0 };
}
