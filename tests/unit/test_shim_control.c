/* kavel-shim/control.c and ctl.c: requests, and lines. */
#include "control.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/auto.h"
#include "ctl.h"
#include "folder.h"
#include "unit.h"

static struct folder folder;
static struct loop *loop;
static struct control control;
static struct loop_timer stop;
static struct {
	uint64_t tickets[64];
	unsigned int count, reopened;
	char request[CONTROL_REQUEST_MAX];
	unsigned short rows, columns;
	bool answers_within; /* by control_answer(), before it returns */
} seen;

static void take_resize(void *owner, unsigned short rows, unsigned short columns)
{
	(void)owner;
	seen.rows = rows;
	seen.columns = columns;
}

static void take_reopen(void *owner)
{
	(void)owner;
	seen.reopened++;
}

/* "now ..." is answered at once, everything else later. */
static void take_control(void *owner, uint64_t ticket, const char *request, struct str_buf *out)
{
	(void)owner;
	(void)snprintf(seen.request, sizeof(seen.request), "%s", request);
	seen.tickets[seen.count++ % 64] = ticket;
	if (seen.answers_within)
		control_answer(&control, ticket, "{\"within\": true}");
	else if (str_after(request, "now"))
		str_append(out, "{\"at\": \"once\"}");
}

static const struct attach_requests requests = {
	.resize = take_resize,
	.reopen_logs = take_reopen,
	.control = take_control,
};

static int stop_now(struct loop_timer *timer, struct err *err)
{
	(void)timer;
	(void)err;
	loop_stop(loop);
	return 0;
}

static void run_for(int ms)
{
	struct err err;

	stop = (struct loop_timer){ .expired = stop_now };
	loop_after(loop, &stop, ms);
	CHECK(loop_run(loop, &err) == 0);
}

static void settle(void)
{
	for (int i = 0; i < 100; i++)
		run_for(0);
}

static void setup(void)
{
	struct err err = { 0 };

	memset(&seen, 0, sizeof(seen));
	folder_make(&folder);
	control = (struct control)CONTROL_NONE;
	CHECK(loop_open(&loop, &err) == 0);
	if (!CHECK(control_open(&control, loop, &requests, folder.fd, &err) == 0))
		fprintf(stderr, "%s\n", err.text);
}

static void teardown(void)
{
	control_close(&control);
	loop_close(loop);
	CHECK(!folder_exists(&folder, "control"));
	folder_remove(&folder);
}

static int connected(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/control", folder.path);
	CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static int client(void)
{
	int fd = connected();

	settle();
	return fd;
}

static void ask(int fd, const char *request)
{
	CHECK(send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request));
	settle();
}

/* The answer that is there; "": none; "end": it was disconnected. */
static const char *answer(int fd)
{
	static char text[512];
	ssize_t size = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT);

	if (size == 0)
		return "end";
	text[size < 0 ? 0 : size] = '\0';
	return text;
}

static bool is_calm(void)
{
	struct rusage before, after;

	(void)getrusage(RUSAGE_SELF, &before);
	run_for(200);
	(void)getrusage(RUSAGE_SELF, &after);
	return (after.ru_utime.tv_sec - before.ru_utime.tv_sec + after.ru_stime.tv_sec - before.ru_stime.tv_sec) *
			       1000000 +
		       (after.ru_utime.tv_usec - before.ru_utime.tv_usec + after.ru_stime.tv_usec -
			before.ru_stime.tv_usec) <
	       100000;
}

static void requests_are_answered_one_after_another(void)
{
	int fd;

	setup();
	fd = client();
	ask(fd, "now 1");
	CHECK_STR(seen.request, "now 1");
	CHECK_STR(answer(fd), "{\"at\": \"once\"}");
	ask(fd, "resize 24 80\n");
	CHECK_STR(answer(fd), "{}");
	CHECK(seen.rows == 24 && seen.columns == 80);
	ask(fd, "reopen-logs");
	CHECK_STR(answer(fd), "{}");
	CHECK(seen.reopened == 1);
	(void)close(fd);
	CHECK(is_calm());
	CHECK(control.count == 0);
	teardown();
}

static void wrong_arguments_are_told(void)
{
	static const char *const bad[] = { "resize",	     "resize 1",       "resize 1 2 3", "resize -1 2",
					   "resize 65536 1", "resize 1 65536", "resize  1 2",  "resize one 2",
					   "resize 1 2 ",    "reopen-logs now" };
	int fd;

	setup();
	fd = client();
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		ask(fd, bad[i]);
		CHECK_HAS(answer(fd), "usage: re");
	}
	CHECK(seen.rows == 0 && seen.reopened == 0 && seen.count == 0);
	(void)close(fd);
	teardown();
}

static void what_is_no_line_is_refused(void)
{
	static const char nul[] = "now\0then";
	char text[300];
	int fd;

	setup();
	fd = client();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	ask(fd, text);
	CHECK_HAS(answer(fd), "one line");
	ask(fd, "two\nlines");
	CHECK_HAS(answer(fd), "one line");
	ask(fd, "\n");
	CHECK_HAS(answer(fd), "one line");
	CHECK(send(fd, nul, sizeof(nul), 0) == (ssize_t)sizeof(nul));
	settle();
	CHECK_HAS(answer(fd), "one line");
	CHECK(seen.count == 0);
	text[CONTROL_REQUEST_MAX - 1] = '\0';
	ask(fd, text); /* the longest */
	CHECK_STR(seen.request, text);
	(void)close(fd);
	teardown();
}

static void an_answer_may_come_later_while_others_are_served(void)
{
	int slow, other;

	setup();
	slow = client();
	other = client();
	ask(slow, "stop");
	ask(slow, "now 2"); /* has to wait */
	CHECK(is_calm());
	CHECK_STR(answer(slow), "");
	CHECK_STR(seen.request, "stop");
	ask(other, "now 1");
	CHECK_STR(answer(other), "{\"at\": \"once\"}");
	CHECK(seen.count == 2 && seen.tickets[0] && seen.tickets[1] && seen.tickets[0] != seen.tickets[1]);
	control_answer(&control, seen.tickets[0], "{\"done\": true}");
	settle();
	CHECK_STR(answer(slow), "{\"done\": true}");
	CHECK_STR(answer(slow), "{\"at\": \"once\"}");
	control_answer(&control, seen.tickets[0], "{\"again\": true}");
	control_answer(&control, 0, "{}");
	CHECK_STR(answer(slow), "");
	CHECK_STR(answer(other), "");
	(void)close(slow);
	(void)close(other);
	teardown();
}

static void an_answer_within_the_handler_is_one_answer(void)
{
	int fd;

	setup();
	seen.answers_within = true;
	fd = client();
	ask(fd, "now");
	CHECK_STR(answer(fd), "{\"within\": true}");
	CHECK_STR(answer(fd), "");
	(void)close(fd);
	teardown();
}

static void who_asked_and_is_gone_gets_no_answer(void)
{
	int fd;

	setup();
	fd = client();
	ask(fd, "stop");
	(void)close(fd);
	CHECK(is_calm());
	CHECK(control.count == 0);
	control_answer(&control, seen.tickets[0], "{}");
	/* who only ends his side waits for the answer */
	fd = client();
	ask(fd, "stop");
	CHECK(shutdown(fd, SHUT_WR) == 0);
	CHECK(is_calm());
	control_answer(&control, seen.tickets[1], "{}");
	CHECK_STR(answer(fd), "{}");
	settle();
	CHECK_STR(answer(fd), "end");
	CHECK(control.count == 0);
	(void)close(fd);
	teardown();
}

static void a_client_that_reads_no_answers_is_disconnected(void)
{
	static char text[60000];
	int fd;

	setup();
	memset(text, 'x', sizeof(text) - 1);
	fd = client();
	for (int i = 0; i < 50 && control.count; i++) {
		if (send(fd, "stop", 4, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
			break;
		settle();
		control_answer(&control, seen.tickets[i], text);
	}
	settle();
	CHECK(control.count == 0 && seen.count < 50);
	(void)close(fd);
	teardown();
}

static void clients_are_limited(void)
{
	int fds[CONTROL_CLIENTS_MAX + 1];

	setup();
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		fds[i] = client();
	CHECK(control.count == CONTROL_CLIENTS_MAX);
	CHECK_STR(answer(fds[CONTROL_CLIENTS_MAX]), "end");
	CHECK_STR(answer(fds[0]), "");
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		(void)close(fds[i]);
	CHECK(is_calm());
	CHECK(control.count == 0);
	teardown();
}

static void the_socket_is_its_owners_alone(void)
{
	struct stat file;
	int fd;

	setup();
	CHECK(fstatat(folder.fd, "control", &file, AT_SYMLINK_NOFOLLOW) == 0 && (file.st_mode & 07777) == 0600);
	if (geteuid() != 0) {
		unit_skip("needs another user");
		teardown();
		return;
	}
	/* who gets through to it all the same is asked who he is */
	CHECK(fchmodat(folder.fd, "control", 0777, 0) == 0 && fchmod(folder.fd, 0755) == 0);
	CHECK(seteuid(65534) == 0);
	fd = connected();
	CHECK(seteuid(0) == 0);
	settle();
	CHECK_STR(answer(fd), "end");
	CHECK(control.count == 0);
	(void)close(fd);
	teardown();
}

static bool parses(const char *line, bool is_winsz, struct ctl_wish wanted)
{
	struct ctl_wish wish = { 0 };

	return ctl_parse(line, is_winsz, &wish) && wish.resize == wanted.resize &&
	       wish.reopen_logs == wanted.reopen_logs && wish.rows == wanted.rows && wish.columns == wanted.columns;
}

static void lines_of_the_fifos(void)
{
	static const char *const bad[] = {
		"",	  " ",	   "1",	     "1 2",    "1 2 3 4", "3 0 0",     "0 1 1",
		"1 -2 3", "1 2 x", "x 2 3",  "1 2 3x", "+1 2 3",  "1 65536 1", "1 1 99999999999999999999",
		" 1 2 3", "1,2,3", "1 2 3\r"
	};
	struct ctl_wish wish = { 0 };

	CHECK(parses("1 24 80", false, (struct ctl_wish){ .resize = true, .rows = 24, .columns = 80 }));
	CHECK(parses("1  24\t80 ", false, (struct ctl_wish){ .resize = true, .rows = 24, .columns = 80 }));
	CHECK(parses("1 0 65535", false, (struct ctl_wish){ .resize = true, .rows = 0, .columns = 65535 }));
	CHECK(parses("2 0 0", false, (struct ctl_wish){ .reopen_logs = true }));
	CHECK(parses("24 80", true, (struct ctl_wish){ .resize = true, .rows = 24, .columns = 80 }));
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK(!ctl_parse(bad[i], false, &wish));
	CHECK(!ctl_parse("1 24 80", true, &wish) && !ctl_parse("24", true, &wish));
	CHECK(!wish.resize && !wish.reopen_logs);
}

static void take(struct ctl_line *line, const char *text, int64_t now, struct ctl_wish *wish)
{
	ctl_take(line, text, strlen(text), now, false, wish);
}

static void a_line_may_come_in_pieces(void)
{
	struct ctl_line line = { 0 };
	struct ctl_wish wish = { 0 };

	take(&line, "1 2", 10000, &wish);
	take(&line, "4 8", 10400, &wish);
	CHECK(!wish.resize);
	take(&line, "0\n", 10800, &wish);
	CHECK(wish.resize && wish.rows == 24 && wish.columns == 80);
}

static void half_a_line_is_forgotten_after_a_while(void)
{
	struct ctl_line line = { 0 };
	struct ctl_wish wish = { 0 };

	take(&line, "1 2", 10000, &wish);
	take(&line, "1 30 90\n", 12000, &wish);
	CHECK(wish.resize && wish.rows == 30 && wish.columns == 90);
}

static void a_line_that_is_too_long_ends_at_its_newline(void)
{
	struct ctl_line line = { 0 };
	struct ctl_wish wish = { 0 };

	for (int i = 0; i < 1000; i++)
		take(&line, "1 2 3 ", 10000, &wish);
	CHECK(!wish.resize);
	take(&line, "\n1 5 6\n", 10000, &wish);
	CHECK(wish.resize && wish.rows == 5 && wish.columns == 6);
	wish = (struct ctl_wish){ 0 };
	ctl_take(&line, "1 2 3\0x\n", 8, 10000, false, &wish);
	CHECK(!wish.resize);
}

static const struct unit_test tests[] = {
	TEST(requests_are_answered_one_after_another),
	TEST(wrong_arguments_are_told),
	TEST(what_is_no_line_is_refused),
	TEST(an_answer_may_come_later_while_others_are_served),
	TEST(an_answer_within_the_handler_is_one_answer),
	TEST(who_asked_and_is_gone_gets_no_answer),
	TEST(a_client_that_reads_no_answers_is_disconnected),
	TEST(clients_are_limited),
	TEST(the_socket_is_its_owners_alone),
	TEST(lines_of_the_fifos),
	TEST(a_line_may_come_in_pieces),
	TEST(half_a_line_is_forgotten_after_a_while),
	TEST(a_line_that_is_too_long_ends_at_its_newline),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
