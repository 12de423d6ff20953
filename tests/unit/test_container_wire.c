/* The wire: what one side says is what the other hears, and whatever else comes is told apart. */
#include "container/wire.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "process/launch.h"
#include "unit.h"

struct pair {
	int host, guest;
	struct err err;
};

static bool make(struct pair *pair)
{
	return CHECK(wire_make(&pair->host, &pair->guest, &pair->err) == 0);
}

static void end(const struct pair *pair)
{
	auto_close(&pair->host);
	auto_close(&pair->guest);
}

static void end_guest(struct pair *pair)
{
	auto_close(&pair->guest);
	pair->guest = -1;
}

static void messages_are_heard_in_order_and_the_terminal_comes_along(void)
{
	autofd fd = -1;
	struct pair pair;
	int none = -2;

	if (!make(&pair))
		return;
	CHECK(wire_tell(pair.guest, MSG_WANT_HOOKS, -1, &pair.err) == 0);
	CHECK(wire_tell(pair.guest, MSG_TERMINAL, STDOUT_FILENO, &pair.err) == 0);
	CHECK(wire_hear(pair.host, MSG_WANT_HOOKS, &none, &pair.err) == 0 && none == -1);
	CHECK(wire_hear(pair.host, MSG_TERMINAL, &fd, &pair.err) == 0 && fd >= 0);
	end(&pair);
}

static void a_message_out_of_turn_or_with_the_wrong_freight_is_refused(void)
{
	struct pair pair;
	int fd = -1;

	if (!make(&pair))
		return;
	CHECK(wire_tell(pair.guest, MSG_WANT_HOOKS, -1, &pair.err) == 0);
	CHECK(wire_hear(pair.host, MSG_TERMINAL, &fd, &pair.err) == -EPROTO);
	CHECK(wire_tell(pair.guest, MSG_TERMINAL, -1, &pair.err) == 0);
	CHECK(wire_hear(pair.host, MSG_TERMINAL, &fd, &pair.err) == -EPROTO);
	CHECK(wire_tell(pair.guest, MSG_WANT_HOOKS, STDOUT_FILENO, &pair.err) == 0);
	CHECK(wire_hear(pair.host, MSG_WANT_HOOKS, &fd, &pair.err) == -EPROTO);
	CHECK(fd_send(pair.guest, "?", 1, -1) == 0);
	CHECK(wire_hear(pair.host, MSG_WANT_HOOKS, &fd, &pair.err) == -EPROTO);
	CHECK(fd == -1);
	end(&pair);
}

static void a_failure_becomes_the_error_of_whoever_hears_or_tells_next(void)
{
	struct err failure;
	struct pair pair;
	int fd = -1;

	if (!make(&pair))
		return;
	(void)err_sys(&failure, EPERM, "rlimits");
	wire_tell_failure(pair.guest, &failure);
	wire_tell_failure(pair.guest, &failure);
	end_guest(&pair);
	CHECK(wire_hear(pair.host, MSG_WANT_HOOKS, &fd, &pair.err) == -EPERM);
	CHECK_STR(pair.err.text, failure.text);
	CHECK(wire_tell(pair.host, MSG_HOST_READY, -1, &pair.err) == -EPERM);
	CHECK_STR(pair.err.text, failure.text);
	CHECK(wire_tell(pair.host, MSG_HOST_READY, -1, &pair.err) == -WIRE_GONE);
	end(&pair);
}

static void an_end_without_a_word_is_not_taken_for_success(void)
{
	int number = 0, stage = 0, fd = -1;
	struct pair pair;

	if (!make(&pair))
		return;
	CHECK(wire_tell(pair.host, MSG_HOST_READY, -1, &pair.err) == 0);
	end_guest(&pair);
	CHECK(wire_await_launch(pair.host, NULL, &number, &stage, &pair.err) == -WIRE_GONE);
	CHECK(wire_hear(pair.host, MSG_WANT_HOOKS, &fd, &pair.err) == -WIRE_GONE);
	end(&pair);
}

static void the_launcher_ends_the_wire_or_says_why_not(void)
{
	const struct launch_failure failure = { .number = ENOENT, .stage = LAUNCH_EXEC };
	int number = 0, stage = 0;
	struct pair pair;

	if (!make(&pair))
		return;
	CHECK(fd_send(pair.guest, &failure, sizeof(failure), -1) == 0);
	CHECK(wire_await_launch(pair.host, NULL, &number, &stage, &pair.err) == 1);
	CHECK(number == ENOENT && stage == LAUNCH_EXEC);
	CHECK(fd_send(pair.guest, "odd", 3, -1) == 0);
	CHECK(wire_await_launch(pair.host, NULL, &number, &stage, &pair.err) == -EPROTO);
	end_guest(&pair);
	CHECK(wire_await_launch(pair.host, NULL, &number, &stage, &pair.err) == 0);
	end(&pair);
}

/* Send from another process, as the guest's could, and let that end. */
static void send_from_child(const struct pair *pair, const void *data, size_t size)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(fd_send(pair->guest, data, size, -1) < 0);
	CHECK(pid > 0 && waitpid(pid, NULL, 0) == pid);
}

static bool make_attested(struct pair *pair)
{
	const int on = 1;

	return make(pair) && CHECK(setsockopt(pair->host, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
}

static void the_number_of_a_new_process_counts_from_the_launcher_alone(void)
{
	const struct launch_birth forged = { .pid = 1 }, birth = { .pid = 4711 };
	int number = 0, stage = 0;
	pid_t pid = -1;
	struct pair pair;

	if (!make_attested(&pair))
		return;
	send_from_child(&pair, &forged, sizeof(forged));
	send_from_child(&pair, "odd", 3);
	CHECK(fd_send(pair.guest, &birth, sizeof(birth), -1) == 0);
	CHECK(wire_hear_birth(pair.host, getpid(), &pid, &number, &stage, &pair.err) == 0);
	CHECK(pid == 4711);
	send_from_child(&pair, &forged, sizeof(forged));
	end_guest(&pair);
	CHECK(wire_hear_birth(pair.host, getpid(), &pid, &number, &stage, &pair.err) == -WIRE_GONE);
	CHECK(pid == 0);
	end(&pair);
}

static void a_new_process_may_fail_before_its_birth_is_told(void)
{
	const struct launch_failure failure = { .number = ENOENT, .stage = LAUNCH_EXEC };
	const struct launch_failure before = { .number = EAGAIN, .stage = LAUNCH_BIRTH };
	const struct launch_birth birth = { .pid = 4711 };
	int number = 0, stage = 0;
	pid_t pid = -1;
	struct pair pair;

	if (!make_attested(&pair))
		return;
	send_from_child(&pair, &failure, sizeof(failure));
	CHECK(fd_send(pair.guest, &birth, sizeof(birth), -1) == 0);
	CHECK(wire_hear_birth(pair.host, getpid(), &pid, &number, &stage, &pair.err) == WIRE_FAILED);
	CHECK(pid == 4711 && number == ENOENT && stage == LAUNCH_EXEC);
	/* or there is none at all */
	CHECK(fd_send(pair.guest, &before, sizeof(before), -1) == 0);
	CHECK(wire_hear_birth(pair.host, getpid(), &pid, &number, &stage, &pair.err) == WIRE_FAILED);
	CHECK(pid == 0 && number == EAGAIN && stage == LAUNCH_BIRTH);
	end(&pair);
}

/* As a guest's process could send it that traces the one which is about to join it. */
static void a_hostile_failure_is_made_readable(void)
{
	struct err failure = { .number = -7 };
	struct pair pair;
	int fd = -1;

	if (!make(&pair))
		return;
	memset(failure.text, '\033', sizeof(failure.text));
	wire_tell_failure(pair.guest, &failure);
	CHECK(wire_hear(pair.host, MSG_WANT_HOOKS, &fd, &pair.err) < 0);
	CHECK(pair.err.number > 0 && strlen(pair.err.text) < sizeof(pair.err.text));
	CHECK(!strchr(pair.err.text, '\033'));
	end(&pair);
}

static const struct unit_test tests[] = {
	TEST(messages_are_heard_in_order_and_the_terminal_comes_along),
	TEST(a_message_out_of_turn_or_with_the_wrong_freight_is_refused),
	TEST(a_failure_becomes_the_error_of_whoever_hears_or_tells_next),
	TEST(an_end_without_a_word_is_not_taken_for_success),
	TEST(the_launcher_ends_the_wire_or_says_why_not),
	TEST(the_number_of_a_new_process_counts_from_the_launcher_alone),
	TEST(a_new_process_may_fail_before_its_birth_is_told),
	TEST(a_hostile_failure_is_made_readable),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
