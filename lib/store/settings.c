/* What the shim is told, from the options of `kavel up`. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/duration.h"
#include "base/signals.h"
#include "base/size.h"
#include "store/options.h"

#define STOP_TIMEOUT_MS	       10000
#define SYSTEM_STOP_TIMEOUT_MS 90000 /* systemd gives its services so long */
#define LOG_SIZE	       (16u << 20)
#define LOG_FILES	       4

/* One of a list of words; NULL when it was not given. */
static int check_word(const char *option, const char *value, const char *const *words, struct err *err)
{
	autobuf list = { 0 };

	for (const char *const *at = words; value && *at; at++)
		if (str_eq(value, *at))
			return 0;
	if (!value)
		return 0;
	for (const char *const *at = words; *at; at++)
		str_append_f(&list, "%s%s", at == words ? "" : at[1] ? ", " : " or ", *at);
	return err_user(err, "--%s %.100s: expected %s", option, value, list.data ? list.data : "something else");
}

static int set_time(const char *option, const char *value, uint32_t unless_given, uint32_t *ret, struct err *err)
{
	uint64_t ms = unless_given, seconds;

	/* a number alone is in seconds, as with other engines */
	if (value && str_u64(value, 86400, &seconds))
		ms = seconds * 1000;
	else if (value && !duration_parse(value, &ms))
		return err_user(err, "--%s %.100s: expected a time such as 5s, 1m30s or 500ms, up to 24h", option,
				value);
	*ret = (uint32_t)ms;
	return 0;
}

static int set_restart(const struct guest_options *options, struct guest_settings *s, struct err *err)
{
	static const char *const words[] = { "no", "on-failure", "on-failure:N", "always", "unless-stopped", NULL };
	const char *value = options->restart ? options->restart : "no";
	const char *count = str_after(value, "on-failure:");
	uint64_t number;
	int r = 0;

	if (!count || !str_u64(count, UINT32_MAX, &number))
		r = check_word("restart", str_eq(value, "on-failure:N") ? "N" : value, words, err);
	s->restart = value;
	return r;
}

static int set_stop(const struct guest_options *options, struct guest_settings *s, struct err *err)
{
	const uint32_t unless_given = s->is_system ? SYSTEM_STOP_TIMEOUT_MS : STOP_TIMEOUT_MS;
	int r = set_time("stop-timeout", options->stop_timeout, unless_given, &s->stop_timeout_ms, err);

	/* systemd's signal to halt; it ignores TERM */
	s->stop_signal = options->stop_signal ? options->stop_signal : s->is_system ? "SIGRTMIN+3" : "SIGTERM";
	if (r == 0 && signal_number(s->stop_signal, err) <= 0)
		r = err_user(err, "--stop-signal %.100s: there is no such signal", s->stop_signal);
	return r;
}

static int set_log(const struct guest_options *options, struct guest_settings *s, struct err *err)
{
	static const char *const drivers[] = { "k8s-file", "json-file", "journald", "passthrough", "none", NULL };
	static const char *const policies[] = { "drop-oldest", "block", NULL };
	int64_t size = LOG_SIZE;
	int r = check_word("log-driver", options->log_driver, drivers, err);

	if (r == 0)
		r = check_word("log-policy", options->log_policy, policies, err);
	if (r < 0)
		return r;
	if (options->log_size && (!size_parse(options->log_size, &size) || (size != -1 && size < 4096)))
		return err_user(err, "--log-size %.100s: expected a size of at least 4k such as 16M, or -1: no limit",
				options->log_size);
	s->log.driver = options->log_driver ? options->log_driver : "k8s-file";
	s->log.size = size > 0 ? (uint64_t)size : 0;
	s->log.files = options->log_files ? options->log_files : LOG_FILES;
	s->log.policy = options->log_policy;
	return 0;
}

static int set_health(const struct guest_options *options, struct guest_settings *s, struct err *err)
{
	static const char *const actions[] = { "none", "kill", "restart", "stop", NULL };
	const char *const others[] = { options->health_interval, options->health_timeout, options->health_start_period,
				       options->health_action };
	int r = set_time("health-interval", options->health_interval, 0, &s->health.interval_ms, err);

	if (r == 0)
		r = set_time("health-timeout", options->health_timeout, 0, &s->health.timeout_ms, err);
	if (r == 0)
		r = set_time("health-start-period", options->health_start_period, 0, &s->health.start_period_ms, err);
	if (r == 0)
		r = check_word("health-on-failure", options->health_action, actions, err);
	if (r < 0)
		return r;
	for (size_t i = 0; !options->health_command && i < ARRAY_SIZE(others); i++)
		if (others[i])
			return err_user(err, "the options of a health check need --health-cmd");
	s->health.command = options->health_command;
	s->health.action = options->health_action;
	s->health.retries = options->health_retries;
	return 0;
}

int settings_make(const struct guest_options *options, bool is_system, struct arena *arena, struct guest_settings *ret,
		  struct err *err)
{
	struct guest_settings s = { .version = GUEST_VERSION, .is_system = is_system };
	char *created = arena_alloc(arena, CLOCK_TEXT_MAX, 1);
	struct timespec now;
	int r;

	if (!created)
		return err_memory(err);
	(void)clock_gettime(CLOCK_REALTIME, &now); /* cannot fail for this clock */
	clock_text(&now, false, created);
	s.created = created;
	s.terminal = options->terminal || is_system; /* its console */
	s.input = options->input;
	s.labels.items = options->labels.items;
	s.labels.count = options->labels.count;
	r = set_restart(options, &s, err);
	if (r == 0)
		r = set_stop(options, &s, err);
	if (r == 0)
		r = set_log(options, &s, err);
	if (r == 0)
		r = set_health(options, &s, err);
	if (r == 0)
		*ret = s;
	return r;
}
