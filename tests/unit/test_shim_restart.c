/* kavel-shim/restart.c and stop.c's reading of requests. */
#include "restart.h"

#include <signal.h>

#include "folder.h"
#include "stop.h"
#include "unit.h"

static int64_t delay;

static enum restart_verdict decide(enum restart_policy policy, struct restart *restart, struct restart_end end)
{
	const struct shim_settings settings = {
		.restart = policy, .restart_max = 3, .restart_delay_ms = 100, .restart_delay_max_ms = 1000
	};

	return restart_decide(&settings, restart, &end, &delay);
}

static const struct restart_end good = { .succeeded = true }, bad = { .succeeded = false };

static void the_policy_decides_by_the_exit_code(void)
{
	static const struct {
		enum restart_policy policy;
		enum restart_verdict on_good, on_bad;
	} rows[] = {
		{ RESTART_NO, RESTART_NEVER, RESTART_NEVER },
		{ RESTART_ON_FAILURE, RESTART_NEVER, RESTART_AFTER },
		{ RESTART_ALWAYS, RESTART_AFTER, RESTART_AFTER },
		{ RESTART_UNLESS_STOPPED, RESTART_AFTER, RESTART_AFTER },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct restart one = { 0 }, two = { 0 };

		CHECK(decide(rows[i].policy, &one, good) == rows[i].on_good);
		CHECK(one.count == (rows[i].on_good == RESTART_AFTER));
		CHECK(decide(rows[i].policy, &two, bad) == rows[i].on_bad);
	}
}

static void the_delay_doubles_up_to_its_limit_and_begins_anew_when_a_guest_lasted(void)
{
	static const int64_t wanted[] = { 100, 200, 400, 800, 1000, 1000 };
	struct restart restart = { 0 };
	struct restart_end lasted = bad;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		CHECK(decide(RESTART_ALWAYS, &restart, bad) == RESTART_AFTER);
		CHECK(delay == wanted[i]);
	}
	lasted.lasted_ms = RESTART_LASTED_MS;
	CHECK(decide(RESTART_ALWAYS, &restart, lasted) == RESTART_AFTER);
	CHECK(delay == 100);
	CHECK(restart.count == 7 && restart.in_a_row == 1);
}

static void a_number_of_failures_in_a_row_is_the_end(void)
{
	struct restart restart = { 0 };
	struct restart_end lasted = bad;

	for (int i = 0; i < 3; i++)
		CHECK(decide(RESTART_ON_FAILURE, &restart, bad) == RESTART_AFTER);
	CHECK(decide(RESTART_ON_FAILURE, &restart, bad) == RESTART_GIVEN_UP);
	CHECK(restart.count == 3);
	lasted.lasted_ms = RESTART_LASTED_MS;
	CHECK(decide(RESTART_ON_FAILURE, &restart, lasted) == RESTART_AFTER);
}

static void a_request_comes_before_the_policy(void)
{
	struct restart restart = { 0 };

	CHECK(decide(RESTART_ALWAYS, &restart, (struct restart_end){ .stopped = true }) == RESTART_NEVER);
	CHECK(decide(RESTART_ALWAYS, &restart, (struct restart_end){ .stopped = true, .rebooted = true }) ==
	      RESTART_NEVER);
	CHECK(decide(RESTART_NO, &restart, (struct restart_end){ .restarted = true }) == RESTART_AFTER);
	CHECK(delay == 0 && restart.count == 1);
}

static void a_reboot_restarts_at_once_and_power_off_does_not_but_a_loop_of_reboots_is_delayed(void)
{
	struct restart restart = { 0 };

	CHECK(decide(RESTART_NO, &restart, (struct restart_end){ .rebooted = true }) == RESTART_AFTER);
	CHECK(delay == 0);
	CHECK(decide(RESTART_NO, &restart, (struct restart_end){ .rebooted = true }) == RESTART_AFTER);
	CHECK(delay > 0);
	CHECK(decide(RESTART_ALWAYS, &restart, (struct restart_end){ .powered_off = true }) == RESTART_NEVER);
}

static void a_request_to_stop_has_a_timeout_and_a_signal_or_the_settings(void)
{
	struct shim_settings settings = { .stop_timeout_ms = 9000 };
	struct stop_request request;
	struct err err;

	CHECK(stop_parse(&settings, "", &request, &err) == 0);
	CHECK(request.timeout_ms == 9000 && request.signal == SIGTERM);
	settings.stop_signal = "RTMIN+3";
	CHECK(stop_parse(&settings, "20", &request, &err) == 0);
	CHECK(request.timeout_ms == 20 && request.signal == SIGRTMIN + 3);
	CHECK(stop_parse(&settings, "0 INT", &request, &err) == 0);
	CHECK(request.timeout_ms == 0 && request.signal == SIGINT);
	CHECK(stop_parse(&settings, "soon", &request, &err) < 0);
	CHECK_HAS(err.text, "soon");
	CHECK(stop_parse(&settings, "-1", &request, &err) < 0);
	CHECK(stop_parse(&settings, "1 WHAT", &request, &err) < 0);
	CHECK(stop_parse(&settings, "1 TERM 2", &request, &err) < 0);
}

static void the_images_annotation_names_the_signal(void)
{
	struct shim_settings settings = { .id = "x" };
	struct folder folder;

	folder_make(&folder);
	settings.bundle = folder.path;
	CHECK(stop_signal(&settings) == SIGTERM); /* no file */
	folder_write(&folder, "config.json",
		     "{\"annotations\":{\"a\":\"b\",\"org.opencontainers.image.stopSignal\":\"SIGUSR2\"}}");
	CHECK(stop_signal(&settings) == SIGUSR2);
	settings.stop_signal = "HUP";
	CHECK(stop_signal(&settings) == SIGHUP);
	settings.stop_signal = NULL;
	folder_write(&folder, "config.json", "{\"annotations\":{\"org.opencontainers.image.stopSignal\":\"BOO\"}}");
	CHECK(stop_signal(&settings) == SIGTERM);
	folder_write(&folder, "config.json", "{");
	CHECK(stop_signal(&settings) == SIGTERM);
	folder_remove(&folder);
}

static const struct unit_test tests[] = {
	TEST(the_policy_decides_by_the_exit_code),
	TEST(the_delay_doubles_up_to_its_limit_and_begins_anew_when_a_guest_lasted),
	TEST(a_number_of_failures_in_a_row_is_the_end),
	TEST(a_request_comes_before_the_policy),
	TEST(a_reboot_restarts_at_once_and_power_off_does_not_but_a_loop_of_reboots_is_delayed),
	TEST(a_request_to_stop_has_a_timeout_and_a_signal_or_the_settings),
	TEST(the_images_annotation_names_the_signal),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
