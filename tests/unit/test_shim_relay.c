/* kavel-shim/relay.c and pipes.c, over a real loop and a real log. */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "folder.h"
#include "unit.h"

/* One relay with its loop and log. */
struct setup {
	struct shim_settings settings;
	struct folder folder;
	char log_path[128];
	const char *log_paths[2];
	struct loop *loop;
	struct logs *logs;
	struct relay *relay;
	struct pipes guests;
	bool was_drained;
	struct loop_timer stop;
};

static struct err err;

static void on_drained(void *owner)
{
	struct setup *setup = owner;

	setup->was_drained = true;
	loop_stop(setup->loop);
}

static int on_stop(struct loop_timer *timer, struct err *unused)
{
	(void)unused;
	loop_stop(timer->owner);
	return 0;
}

static void nothing(void *owner)
{
	(void)owner;
}

static bool begin(struct setup *setup)
{
	struct relay_peers peers = { .owner = setup, .drained = on_drained };

	folder_make(&setup->folder);
	(void)snprintf(setup->log_path, sizeof(setup->log_path), "k8s-file:%s/log", setup->folder.path);
	setup->log_paths[0] = setup->log_path;
	setup->settings.log.paths = (struct option_list){ .items = setup->log_paths, .count = 1 };
	setup->guests = (struct pipes)PIPES_NONE;
	if (!CHECK(loop_open(&setup->loop, &err) == 0) ||
	    !CHECK(logs_open(&setup->settings.log, setup->loop, nothing, NULL, &setup->logs, &err) == 0) ||
	    !CHECK(relay_open(&setup->settings, setup->loop, &setup->relay, &err) == 0))
		return false;
	peers.logs = setup->logs;
	relay_connect(setup->relay, &peers);
	setup->stop = (struct loop_timer){ .expired = on_stop, .owner = setup->loop };
	return true;
}

static bool begin_with_pipes(struct setup *setup)
{
	return begin(setup) && CHECK(relay_begin(setup->relay, &setup->guests, &err) == 0);
}

static void run_for(struct setup *setup, int64_t ms)
{
	loop_after(setup->loop, &setup->stop, ms);
	CHECK(loop_run(setup->loop, &err) == 0);
	loop_cancel(setup->loop, &setup->stop);
}

static void end(struct setup *setup)
{
	pipes_close(&setup->guests);
	relay_close(setup->relay);
	if (setup->logs)
		logs_close(setup->logs);
	loop_close(setup->loop);
	folder_remove(&setup->folder);
}

static char *log_text(const struct setup *setup)
{
	char *text = NULL;
	size_t size;

	CHECK(file_read(AT_FDCWD, setup->log_path + strlen("k8s-file:"), 1 << 20, &text, &size, &err) == 0);
	return text;
}

#define HAS_LINE(setup, line)                     \
	do {                                      \
		autofree char *text = log_text(setup); \
		CHECK_HAS(text, line);            \
	} while (0)

static void put(int fd, const char *text)
{
	CHECK(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
}

static void what_the_guest_writes_is_logged(void)
{
	struct setup setup = { 0 };

	if (begin_with_pipes(&setup)) {
		const struct str_buf said = { .data = (char *)"before\n", .size = 7 };

		CHECK(relay_go(setup.relay, -1, &said, &err) == 0);
		put(setup.guests.out, "out\n");
		put(setup.guests.err, "err\n");
		run_for(&setup, 50);
		HAS_LINE(&setup, "stderr F before\n");
		HAS_LINE(&setup, "stdout F out\n");
		HAS_LINE(&setup, "stderr F err\n");
	}
	end(&setup);
}

static void a_drain_takes_what_is_left_although_others_hold_the_pipe(void)
{
	struct setup setup = { 0 };

	if (begin_with_pipes(&setup)) {
		int64_t before = clock_ms();

		CHECK(relay_go(setup.relay, -1, NULL, &err) == 0);
		put(setup.guests.out, "last words");
		relay_drain(setup.relay, 10000);
		CHECK(!setup.was_drained); /* it is told from the loop */
		run_for(&setup, 10000);
		CHECK(setup.was_drained);
		CHECK(clock_ms() - before < 5000);
		HAS_LINE(&setup, "last words\n");
	}
	end(&setup);
}

static void a_drain_ends_although_somebody_never_stops_to_write(void)
{
	struct setup setup = { 0 };
	pid_t writer;

	if (begin_with_pipes(&setup)) {
		setup.settings.log.size_max = 4096;
		CHECK(relay_go(setup.relay, -1, NULL, &err) == 0);
		writer = fork();
		if (writer == 0)
			for (;;)
				if (write(setup.guests.out, "more and more\n", 14) < 0)
					_exit(0);
		relay_drain(setup.relay, 300);
		run_for(&setup, 20000);
		CHECK(setup.was_drained);
		(void)kill(writer, SIGKILL);
		(void)waitpid(writer, NULL, 0);
	}
	end(&setup);
}

static void input_waits_for_a_guest_that_does_not_read_and_is_swallowed_when_it_closed(void)
{
	struct setup setup = { .settings.stdin = true };
	static char data[256 * 1024];
	char back[16];

	if (begin_with_pipes(&setup)) {
		CHECK(relay_go(setup.relay, -1, NULL, &err) == 0);
		CHECK(relay_input(setup.relay, "hello", 5) == 5);
		CHECK(read(setup.guests.in, back, sizeof(back)) == 5);
		CHECK(relay_input(setup.relay, data, sizeof(data)) < sizeof(data));
		CHECK(relay_input(setup.relay, data, 1) == 0);
		(void)close(setup.guests.in);
		setup.guests.in = -1;
		CHECK(relay_input(setup.relay, data, 7) == 7);
		CHECK(relay_input(setup.relay, data, 7) == 7);
	}
	end(&setup);
}

static void the_end_of_input_is_the_guests(void)
{
	struct setup setup = { .settings.stdin = true };
	char back[16];

	if (begin_with_pipes(&setup)) {
		CHECK(relay_input(setup.relay, "x", 1) == 1);
		relay_input_end(setup.relay);
		CHECK(read(setup.guests.in, back, sizeof(back)) == 1);
		CHECK(read(setup.guests.in, back, sizeof(back)) == 0);
	}
	end(&setup);
	setup = (struct setup){ .settings.stdin = true, .settings.leave_stdin_open = true };
	if (begin_with_pipes(&setup)) {
		relay_input_end(setup.relay);
		CHECK(relay_input(setup.relay, "x", 1) == 1);
		CHECK(read(setup.guests.in, back, sizeof(back)) == 1);
	}
	end(&setup);
}

static void a_terminal_is_heard_of_again_after_nobody_had_it_open(void)
{
	struct setup setup = { .settings.terminal = true };
	char name[64];
	int master, guest;

	if (begin_with_pipes(&setup) && CHECK(openpty(&master, &guest, name, NULL, NULL) == 0)) {
		CHECK(relay_input(setup.relay, "early", 5) == 0); /* there is no terminal to write to yet */
		relay_resize(setup.relay, 12, 34);
		CHECK(relay_go(setup.relay, master, NULL, &err) == 0);
		put(guest, "first\n");
		(void)close(guest);
		run_for(&setup, 50);
		HAS_LINE(&setup, "stdout F first");
		guest = open(name, O_RDWR | O_NOCTTY);
		if (CHECK(guest >= 0)) {
			struct winsize size = { 0 };

			CHECK(ioctl(guest, TIOCGWINSZ, &size) == 0 && size.ws_row == 12 && size.ws_col == 34);
			put(guest, "again\n");
			run_for(&setup, 50);
			HAS_LINE(&setup, "stdout F again");
			(void)close(guest);
		}
		relay_drain(setup.relay, 1000);
		run_for(&setup, 2000);
		CHECK(setup.was_drained);
	}
	end(&setup);
}

static void another_shim_finds_the_streams_of_a_guest(void)
{
	struct setup first = { .settings.stdin = true };
	struct setup second = { .settings.stdin = true };
	struct folder run_dir;
	char back[16];

	folder_make(&run_dir);
	first.settings.run_dir = second.settings.run_dir = run_dir.path;
	if (begin_with_pipes(&first)) {
		put(first.guests.out, "while there is a shim\n");
		relay_close(first.relay);
		first.relay = NULL;
		put(first.guests.out, "while there is none\n"); /* no SIGPIPE, and not lost */
		if (begin(&second)) {
			CHECK(relay_adopt(second.relay, &err) == 0);
			run_for(&second, 50);
			HAS_LINE(&second, "stdout F while there is a shim\n");
			HAS_LINE(&second, "stdout F while there is none\n");
			CHECK(relay_input(second.relay, "new", 3) == 3);
			CHECK(read(first.guests.in, back, sizeof(back)) == 3);
		}
		end(&second);
	}
	end(&first);
	folder_remove(&run_dir);
}

static void streams_that_are_gone_are_not_adopted(void)
{
	struct setup setup = { .settings.run_dir = "/tmp" };

	if (begin(&setup))
		CHECK(relay_adopt(setup.relay, &err) == -ENOENT);
	end(&setup);
	setup = (struct setup){ .settings.run_dir = "/tmp", .settings.terminal = true };
	if (begin(&setup))
		CHECK(relay_adopt(setup.relay, &err) == -ENOTTY);
	end(&setup);
}

static const struct unit_test tests[] = {
	TEST(what_the_guest_writes_is_logged),
	TEST(a_drain_takes_what_is_left_although_others_hold_the_pipe),
	TEST(a_drain_ends_although_somebody_never_stops_to_write),
	TEST(input_waits_for_a_guest_that_does_not_read_and_is_swallowed_when_it_closed),
	TEST(the_end_of_input_is_the_guests),
	TEST(a_terminal_is_heard_of_again_after_nobody_had_it_open),
	TEST(another_shim_finds_the_streams_of_a_guest),
	TEST(streams_that_are_gone_are_not_adopted),
	TEST_END,
};

int main(void)
{
	(void)signal(SIGPIPE, SIG_IGN);
	return unit_run(tests);
}
