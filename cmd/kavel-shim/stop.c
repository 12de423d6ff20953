#include "stop.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/signals.h"
#include "base/str.h"
#include "base/sys.h"
#include "json/decode.h"
#include "json/read.h"

#define CONFIG_MAX (16 << 20)

struct config {
	struct {
		struct {
			const char *key, *value;
		} *items;
		size_t count;
	} annotations;
};

FIELDS(config_fields, struct config) {
	PAIRS(struct config, "annotations", annotations, 0),
	END
};

/* The signal of the annotation, or 0. */
static int find_signal(const struct shim_settings *settings, const struct config *config)
{
	for (size_t i = 0; i < config->annotations.count; i++) {
		const char *value = config->annotations.items[i].value;
		struct err err;
		int number;

		if (!str_eq(config->annotations.items[i].key, "org.opencontainers.image.stopSignal") || !*value)
			continue;
		number = signal_number(value, &err);
		if (number > 0)
			return number;
		log_warning("annotations[\"org.opencontainers.image.stopSignal\"] of %s: \"%.100s\" is no signal: "
			    "sending SIGTERM",
			    settings->id, value);
	}
	return 0;
}

/* The configuration is read only when a guest is stopped: it may be large. */
static int annotated_signal(const struct shim_settings *settings)
{
	autofd bundle = open(settings->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct config config = { .annotations = { .count = 0 } };
	struct arena arena = { .blocks = NULL };
	autofree char *text = NULL;
	struct json_t *json = NULL;
	struct err err;
	size_t size;
	int number = 0;

	if (bundle >= 0 && file_read(bundle, "config.json", CONFIG_MAX, &text, &size, &err) == 0 &&
	    json_read(text, size, "config.json", &json, &err) == 0 &&
	    json_decode(json, config_fields, &config, &arena, "", &err) == 0)
		number = find_signal(settings, &config);
	json_free(json);
	arena_free(&arena);
	return number;
}

int stop_signal(const struct shim_settings *settings)
{
	struct err err;
	int number = settings->stop_signal ? signal_number(settings->stop_signal, &err) : 0;

	if (number <= 0 && settings->bundle)
		number = annotated_signal(settings);
	return number > 0 ? number : SIGTERM;
}

int stop_parse(const struct shim_settings *settings, const char *words, struct stop_request *ret, struct err *err)
{
	char text[64], *at = text, *word;
	uint64_t timeout;
	int number = 0;

	ret->timeout_ms = settings->stop_timeout_ms;
	if ((size_t)snprintf(text, sizeof(text), "%s", words) >= sizeof(text))
		return err_user(err, "the request is too long");
	at += strspn(at, " ");
	word = strsep(&at, " ");
	if (word && *word) {
		if (!str_u64(word, INT32_MAX, &timeout))
			return err_user(err, "\"%s\" is no timeout in milliseconds", word);
		ret->timeout_ms = (int64_t)timeout;
	}
	word = at && *at ? strsep(&at, " ") : NULL;
	if (word) {
		number = signal_number(word, err);
		if (number < 0)
			return number;
	}
	if (at && *at)
		return err_user(err, "unexpected \"%s\"", at);
	ret->signal = number > 0 ? number : stop_signal(settings);
	return 0;
}

static void kill_guest(struct stop *stop)
{
	/* the kernel ends all others of its pid namespace with it */
	stop->is_killed = true;
	(void)sys_pidfd_send_signal(stop->pidfd, SIGKILL); /* ESRCH: it has just ended */
	loop_after(stop->loop, &stop->timer, STOP_KILL_MS);
}

static int on_time(struct loop_timer *timer, struct err *err)
{
	struct stop *stop = timer->owner;

	(void)err;
	if (stop->is_killed)
		stop->stuck(stop);
	else
		kill_guest(stop);
	return 0;
}

void stop_begin(struct stop *stop, const struct stop_request *request)
{
	int64_t due = clock_ms() + request->timeout_ms;

	if (stop->is_killed)
		return;
	if (!stop->timer.is_set) {
		stop->timer.expired = on_time;
		stop->timer.owner = stop;
	} else if (stop->timer.due < due) {
		due = stop->timer.due;
	}
	if (request->signal == SIGKILL) {
		kill_guest(stop);
		return;
	}
	(void)sys_pidfd_send_signal(stop->pidfd, request->signal); /* ESRCH: it has just ended */
	due -= clock_ms();
	loop_after(stop->loop, &stop->timer, due > 0 ? due : 0);
}

void stop_end(struct stop *stop)
{
	if (stop->loop)
		loop_cancel(stop->loop, &stop->timer);
	stop->is_killed = false;
}
