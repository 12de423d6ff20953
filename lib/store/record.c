#include "store/record.h"

#include <errno.h>
#include <jansson.h>

#include "json/decode.h"
#include "json/encode.h"
#include "json/read.h"

#define SETTINGS struct guest_settings

FIELDS(log_fields, struct guest_log) {
	STR(struct guest_log, "driver", driver, F_REQUIRED | F_LINE),
	U64(struct guest_log, "size", size, UINT64_MAX, 0),
	U32(struct guest_log, "files", files, UINT32_MAX, 0),
	STR(struct guest_log, "policy", policy, F_LINE),
	END
};

FIELDS(health_fields, struct guest_health) {
	STR(struct guest_health, "command", command, 0),
	U32(struct guest_health, "intervalMs", interval_ms, UINT32_MAX, 0),
	U32(struct guest_health, "timeoutMs", timeout_ms, UINT32_MAX, 0),
	U32(struct guest_health, "startPeriodMs", start_period_ms, UINT32_MAX, 0),
	U32(struct guest_health, "retries", retries, UINT32_MAX, 0),
	STR(struct guest_health, "onFailure", action, F_LINE),
	END
};

FIELDS(settings_fields, SETTINGS) {
	U64(SETTINGS, "version", version, UINT64_MAX, F_REQUIRED),
	STR(SETTINGS, "created", created, F_REQUIRED | F_LINE),
	STR(SETTINGS, "rootfs", rootfs, F_REQUIRED),
	U64(SETTINGS, "idBase", id_base, UINT32_MAX, 0),
	BOOL(SETTINGS, "system", is_system, 0),
	BOOL(SETTINGS, "enabled", is_enabled, 0),
	BOOL(SETTINGS, "temporary", is_temporary, 0),
	BOOL(SETTINGS, "terminal", terminal, 0),
	BOOL(SETTINGS, "interactive", input, 0),
	STR(SETTINGS, "restart", restart, F_REQUIRED | F_LINE),
	STR(SETTINGS, "stopSignal", stop_signal, F_REQUIRED | F_LINE),
	U32(SETTINGS, "stopTimeoutMs", stop_timeout_ms, UINT32_MAX, F_REQUIRED),
	OBJECT(SETTINGS, "log", log, log_fields, F_REQUIRED),
	OBJECT(SETTINGS, "health", health, health_fields, 0),
	STRINGS(SETTINGS, "labels", labels, 0),
	STRINGS(SETTINGS, "options", options, 0),
	STRINGS(SETTINGS, "command", command, 0),
	END
};

static void put_health(struct json_writer *w, const struct guest_health *health)
{
	if (!health->command)
		return;
	json_open_object(w, "health");
	json_put_string(w, "command", health->command);
	json_put_u64(w, "intervalMs", health->interval_ms);
	json_put_u64(w, "timeoutMs", health->timeout_ms);
	json_put_u64(w, "startPeriodMs", health->start_period_ms);
	json_put_u64(w, "retries", health->retries);
	if (health->action)
		json_put_string(w, "onFailure", health->action);
	json_close(w);
}

static void put_log(struct json_writer *w, const struct guest_log *log)
{
	json_open_object(w, "log");
	json_put_string(w, "driver", log->driver);
	json_put_u64(w, "size", log->size);
	json_put_u64(w, "files", log->files);
	if (log->policy)
		json_put_string(w, "policy", log->policy);
	json_close(w);
}

int guest_encode(const struct guest *guest, struct str_buf *out)
{
	const SETTINGS *s = &guest->settings;
	struct json_writer w = JSON_WRITER(out, 4);

	json_open_object(&w, NULL);
	json_put_u64(&w, "version", GUEST_VERSION);
	json_put_string(&w, "name", guest->name);
	json_put_string(&w, "created", s->created);
	json_put_string(&w, "rootfs", s->rootfs);
	if (s->id_base)
		json_put_u64(&w, "idBase", s->id_base);
	json_put_bool(&w, "system", s->is_system);
	json_put_bool(&w, "enabled", s->is_enabled);
	json_put_bool(&w, "temporary", s->is_temporary);
	json_put_bool(&w, "terminal", s->terminal);
	json_put_bool(&w, "interactive", s->input);
	json_put_string(&w, "restart", s->restart);
	json_put_string(&w, "stopSignal", s->stop_signal);
	json_put_u64(&w, "stopTimeoutMs", s->stop_timeout_ms);
	put_log(&w, &s->log);
	put_health(&w, &s->health);
	json_put_strings(&w, "labels", s->labels.items, s->labels.count);
	json_put_strings(&w, "options", s->options.items, s->options.count);
	json_put_strings(&w, "command", s->command.items, s->command.count);
	json_close(&w);
	str_append(out, "\n");
	return out->failed ? -ENOMEM : 0;
}

int guest_decode(const char *text, size_t size, struct guest *guest, struct err *err)
{
	json_t *json;
	int r = json_read(text, size, GUEST_RECORD, &json, err);

	if (r < 0)
		return r;
	guest->json = json;
	guest->settings = (SETTINGS){ 0 };
	r = json_decode(json, settings_fields, &guest->settings, &guest->arena, GUEST_RECORD, err);
	if (r == 0 && guest->settings.version != GUEST_VERSION)
		r = err_user(err, GUEST_RECORD " is of version %llu, this program knows version %d",
			     (unsigned long long)guest->settings.version, GUEST_VERSION);
	return r;
}
