/* kavel-shim/attach.c: the attach socket, with real clients and a guest that is this program. */
#include "attach.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/clock.h"
#include "folder.h"
#include "unit.h"

static struct folder folder;
static struct shim_settings settings;
static struct loop *loop;
static struct attach *attach;
static struct loop_timer stop;
static struct {
	char input[256 * 1024];
	size_t size;	/* bytes of input */
	size_t room;	/* that may still be taken */
	size_t at_end;	/* size at the first end of input */
	unsigned int ends, continued;
} seen;

static size_t take_input(void *owner, const void *data, size_t size)
{
	(void)owner;
	if (size > seen.room)
		size = seen.room;
	if (size > sizeof(seen.input) - seen.size)
		size = sizeof(seen.input) - seen.size;
	memcpy(seen.input + seen.size, data, size);
	seen.size += size;
	seen.room -= size;
	return size;
}

static void take_end(void *owner)
{
	(void)owner;
	if (!seen.ends++)
		seen.at_end = seen.size;
}

static void take_continue(void *owner)
{
	(void)owner;
	seen.continued++;
}

static const struct attach_requests requests = {
	.input = take_input,
	.input_end = take_end,
	.can_continue = take_continue,
};

static int stop_now(struct loop_timer *timer, struct err *err)
{
	(void)timer;
	(void)err;
	loop_stop(loop);
	return 0;
}

/* Handle what there is, for about so long. */
static void run_for(int ms)
{
	struct err err;

	stop = (struct loop_timer){ .expired = stop_now };
	loop_after(loop, &stop, ms);
	CHECK(loop_run(loop, &err) == 0);
}

/* Handle what there is: a round handles a few events, or one of each client. */
static void settle(void)
{
	for (int i = 0; i < 200; i++)
		run_for(0);
}

static void setup(unsigned int wait_ms)
{
	struct err err = { 0 };

	memset(&seen, 0, sizeof(seen));
	seen.room = SIZE_MAX;
	folder_make(&folder);
	settings = (struct shim_settings){ .id = "c1", .bundle = folder.path, .attach_wait_ms = wait_ms };
	CHECK(loop_open(&loop, &err) == 0);
	if (!CHECK(attach_open(&settings, loop, &requests, &attach, &err) == 0))
		fprintf(stderr, "%s\n", err.text);
}

static void teardown(void)
{
	attach_close(attach);
	loop_close(loop);
	folder_remove(&folder);
}

static int client_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/attach", path);
	CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static int client(void)
{
	int fd = client_of(folder.path);

	settle();
	return fd;
}

/* The next packet, without waiting; -1: none; 0: end. */
static ssize_t next_packet(int fd, char *packet, size_t room)
{
	return recv(fd, packet, room, MSG_DONTWAIT);
}

static bool packet_is(int fd, char head, const char *text)
{
	char packet[ATTACH_OUTPUT_MAX + 2];
	ssize_t size = next_packet(fd, packet, sizeof(packet));

	return size == (ssize_t)strlen(text) + 1 && packet[0] == head && memcmp(packet + 1, text, strlen(text)) == 0;
}

/* CPU time of this process in milliseconds. */
static long cpu_ms(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* A loop that spins uses all of the time. */
static bool is_calm(void)
{
	long before = cpu_ms();

	run_for(200);
	return cpu_ms() - before < 100;
}

static void output_goes_to_every_client_marked_with_its_stream(void)
{
	int a, b;

	setup(0);
	attach_write(attach, STREAM_STDOUT, "lost", 4); /* nobody is there */
	a = client();
	b = client();
	attach_write(attach, STREAM_STDOUT, "out", 3);
	attach_write(attach, STREAM_STDERR, "err", 3);
	CHECK(packet_is(a, 2, "out") && packet_is(a, 3, "err"));
	CHECK(packet_is(b, 2, "out") && packet_is(b, 3, "err"));
	(void)close(a);
	(void)close(b);
	teardown();
}

static void output_is_cut_into_packets_of_at_most_8192_bytes(void)
{
	static char data[20000], packet[ATTACH_OUTPUT_MAX + 2];
	int fd;

	setup(0);
	fd = client();
	attach_write(attach, STREAM_STDOUT, data, sizeof(data));
	CHECK(next_packet(fd, packet, sizeof(packet)) == 8193);
	CHECK(next_packet(fd, packet, sizeof(packet)) == 8193);
	CHECK(next_packet(fd, packet, sizeof(packet)) == 20000 - 2 * 8192 + 1);
	CHECK(next_packet(fd, packet, sizeof(packet)) == -1);
	(void)close(fd);
	teardown();
}

static void input_of_all_clients_arrives(void)
{
	int a, b;

	setup(0);
	a = client();
	b = client();
	CHECK(send(a, "one", 3, 0) == 3);
	settle();
	CHECK(send(b, "two", 3, 0) == 3);
	settle();
	CHECK(seen.size == 6 && memcmp(seen.input, "onetwo", 6) == 0 && seen.ends == 0);
	(void)close(a);
	settle();
	CHECK(seen.ends == 0);
	(void)close(b);
	settle();
	CHECK(seen.ends == 1);
	teardown();
}

static void a_client_that_ends_its_side_still_gets_output(void)
{
	int fd, watcher;

	setup(0);
	fd = client();
	watcher = client();
	CHECK(send(fd, "x", 1, 0) == 1 && shutdown(fd, SHUT_WR) == 0);
	settle();
	CHECK(seen.ends == 1 && seen.at_end == 1);
	CHECK(is_calm());
	attach_write(attach, STREAM_STDOUT, "out", 3);
	CHECK(packet_is(fd, 2, "out") && packet_is(watcher, 2, "out"));
	(void)close(fd);
	CHECK(is_calm());
	(void)close(watcher);
	teardown();
}

static void an_empty_packet_ends_the_input(void)
{
	int fd;

	setup(0);
	fd = client();
	CHECK(send(fd, "x", 1, 0) == 1 && send(fd, "", 0, 0) == 0 && send(fd, "y", 1, 0) == 1);
	CHECK(is_calm());
	CHECK(seen.ends == 1 && seen.size == 1);
	(void)close(fd);
	teardown();
}

static void a_client_that_only_stops_reading_may_still_write(void)
{
	int fd;

	setup(0);
	fd = client();
	CHECK(shutdown(fd, SHUT_RD) == 0);
	attach_write(attach, STREAM_STDOUT, "out", 3);
	CHECK(is_calm());
	CHECK(send(fd, "x", 1, 0) == 1);
	settle();
	CHECK(seen.size == 1 && seen.ends == 0);
	(void)close(fd);
	teardown();
}

static void a_guest_that_does_not_read_gets_all_later_and_in_order(void)
{
	static char packet[1000];
	int a, b;

	setup(0);
	seen.room = 1500;
	a = client();
	memset(packet, 'a', sizeof(packet));
	for (int i = 0; i < 4; i++)
		CHECK(send(a, packet, sizeof(packet), 0) == 1000);
	(void)close(a); /* gone, but what it said counts */
	b = client();
	CHECK(send(b, "b", 1, 0) == 1);
	CHECK(is_calm());
	CHECK(seen.size == 1500 && seen.ends == 0);
	(void)close(b);
	CHECK(is_calm());
	seen.room = 700;
	attach_continue(attach);
	settle();
	CHECK(seen.size == 2200 && seen.ends == 0);
	seen.room = SIZE_MAX;
	attach_continue(attach);
	settle();
	CHECK(seen.size == 4001 && seen.at_end == 4001 && seen.ends >= 1);
	teardown();
}

static void the_end_comes_after_what_the_guest_has_yet_to_take(void)
{
	int fd;

	setup(0);
	seen.room = 2;
	fd = client();
	CHECK(send(fd, "four", 4, 0) == 4);
	settle();
	(void)close(fd);
	settle();
	CHECK(seen.size == 2 && seen.ends == 0);
	seen.room = 10;
	attach_continue(attach);
	CHECK(seen.size == 4 && seen.ends == 1);
	teardown();
}

static void a_client_with_a_packet_that_is_too_long_is_disconnected(void)
{
	static char packet[ATTACH_INPUT_MAX + 1];
	char answer[16];
	int fd;

	setup(0);
	fd = client();
	CHECK(send(fd, packet, ATTACH_INPUT_MAX, 0) == ATTACH_INPUT_MAX);
	settle();
	CHECK(seen.size == ATTACH_INPUT_MAX);
	CHECK(send(fd, packet, sizeof(packet), 0) == (ssize_t)sizeof(packet));
	settle();
	CHECK(seen.size == ATTACH_INPUT_MAX && next_packet(fd, answer, sizeof(answer)) == 0);
	(void)close(fd);
	teardown();
}

static unsigned int open_descriptors(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 1024; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void descriptors_that_a_client_sends_are_closed(void)
{
	union {
		char data[CMSG_SPACE(2 * sizeof(int))];
		struct cmsghdr align;
	} room = { 0 };
	struct iovec part = { .iov_base = (void *)"x", .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = room.data, .msg_controllen = sizeof(room.data)
	};
	int fd, sent[2] = { STDIN_FILENO, STDERR_FILENO };
	unsigned int before;

	setup(0);
	fd = client();
	*CMSG_FIRSTHDR(&message) = (struct cmsghdr){ .cmsg_level = SOL_SOCKET,
						     .cmsg_type = SCM_RIGHTS,
						     .cmsg_len = CMSG_LEN(sizeof(sent)) };
	memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), sent, sizeof(sent));
	before = open_descriptors();
	CHECK(sendmsg(fd, &message, 0) == 1);
	settle();
	CHECK(seen.size == 1 && open_descriptors() == before);
	(void)close(fd);
	teardown();
}

static void a_client_that_does_not_read_loses_bytes_and_delays_nobody(void)
{
	static char data[ATTACH_OUTPUT_MAX], packet[ATTACH_OUTPUT_MAX + 2];
	size_t got = 0;
	int slow, quick;

	setup(0);
	slow = client();
	quick = client();
	for (int i = 0; i < 1000; i++) {
		attach_write(attach, STREAM_STDOUT, data, sizeof(data));
		CHECK(!attach_is_full(attach));
		CHECK(next_packet(quick, packet, sizeof(packet)) == 8193);
	}
	CHECK(is_calm());
	while (next_packet(slow, packet, sizeof(packet)) == 8193) {
		got++;
		run_for(0);
	}
	CHECK(got > 8 && got < 100); /* what the socket and the outbox hold */
	attach_write(attach, STREAM_STDOUT, "again", 5);
	CHECK(packet_is(slow, 2, "again"));
	(void)close(slow);
	(void)close(quick);
	teardown();
}

static void the_guest_waits_for_a_client_only_so_long(void)
{
	static char data[ATTACH_OUTPUT_MAX], packet[ATTACH_OUTPUT_MAX + 2];
	int64_t began;
	int fd, count = 0, got = 0;

	setup(50);
	fd = client();
	for (; count < 1000 && !attach_is_full(attach); count++)
		attach_write(attach, STREAM_STDOUT, data, sizeof(data));
	CHECK(count < 1000 && attach_is_full(attach) && seen.continued == 0);
	/* it reads: nothing is lost */
	for (int i = 0; i < 1000 && attach_is_full(attach); i++) {
		CHECK(next_packet(fd, packet, sizeof(packet)) == 8193);
		got++;
		run_for(0);
	}
	CHECK(seen.continued == 1);
	while (next_packet(fd, packet, sizeof(packet)) == 8193)
		got++;
	CHECK(got == count);
	/* it does not */
	while (!attach_is_full(attach))
		attach_write(attach, STREAM_STDOUT, data, sizeof(data));
	began = clock_ms();
	while (attach_is_full(attach) && clock_ms() - began < 10000)
		run_for(5);
	CHECK(clock_ms() - began >= 50 && seen.continued == 2);
	for (int i = 0; i < 100; i++)
		attach_write(attach, STREAM_STDOUT, data, sizeof(data));
	CHECK(!attach_is_full(attach) && seen.continued == 2);
	/* it reads again, and is waited for again */
	while (next_packet(fd, packet, sizeof(packet)) == 8193)
		run_for(0);
	for (count = 0; count < 1000 && !attach_is_full(attach); count++)
		attach_write(attach, STREAM_STDOUT, data, sizeof(data));
	CHECK(attach_is_full(attach));
	(void)close(fd);
	settle();
	CHECK(!attach_is_full(attach) && seen.continued == 3);
	teardown();
}

static void what_waits_for_a_client_is_sent_before_the_end(void)
{
	static char data[ATTACH_OUTPUT_MAX], packet[ATTACH_OUTPUT_MAX + 2];
	int fd, status, sent = 0, got = 0;
	ssize_t size;
	pid_t reader;

	setup(1000);
	fd = client();
	while (!attach_is_full(attach)) {
		attach_write(attach, STREAM_STDOUT, data, sizeof(data));
		sent++;
	}
	reader = fork();
	if (reader == 0) {
		for (int other = STDERR_FILENO + 1; other < 1024; other++)
			if (other != fd) /* among them is the other end */
				(void)close(other);
		while ((size = recv(fd, packet, sizeof(packet), 0)) > 0)
			got++;
		_exit(size == 0 && got == sent ? 0 : 1);
	}
	(void)close(fd);
	teardown();
	CHECK(waitpid(reader, &status, 0) == reader && WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void a_hundred_clients_come_read_and_go(void)
{
	int fds[100];
	char packet[16];

	setup(0);
	for (int i = 0; i < 100; i++)
		fds[i] = client_of(folder.path);
	settle();
	attach_write(attach, STREAM_STDOUT, "all", 3);
	for (int i = 0; i < 100; i++)
		CHECK(packet_is(fds[i], 2, "all"));
	for (int i = 0; i < 100; i += 2)
		(void)close(fds[i]);
	attach_write(attach, STREAM_STDOUT, "half", 4);
	CHECK(is_calm());
	CHECK(seen.ends == 0);
	for (int i = 1; i < 100; i += 2) {
		CHECK(packet_is(fds[i], 2, "half") && next_packet(fds[i], packet, sizeof(packet)) == -1);
		(void)close(fds[i]);
	}
	CHECK(is_calm());
	CHECK(seen.ends == 1);
	teardown();
}

static void clients_beyond_the_limit_are_turned_away(void)
{
	int fds[258];
	char packet[16];

	setup(0);
	for (int i = 0; i < 258; i++) {
		fds[i] = client_of(folder.path);
		run_for(0);
	}
	settle();
	CHECK(next_packet(fds[255], packet, sizeof(packet)) == -1);
	CHECK(next_packet(fds[256], packet, sizeof(packet)) == 0);
	(void)close(fds[0]);
	settle();
	fds[0] = client();
	CHECK(next_packet(fds[0], packet, sizeof(packet)) == -1);
	for (int i = 0; i < 258; i++)
		(void)close(fds[i]);
	CHECK(is_calm());
	teardown();
}

static void without_descriptors_clients_wait_and_nothing_spins(void)
{
	struct rlimit before, few;
	int fd;

	setup(0);
	CHECK(getrlimit(RLIMIT_NOFILE, &before) == 0);
	fd = client_of(folder.path);
	few = before;
	few.rlim_cur = (rlim_t)fd + 1;
	CHECK(setrlimit(RLIMIT_NOFILE, &few) == 0);
	CHECK(is_calm());
	CHECK(setrlimit(RLIMIT_NOFILE, &before) == 0);
	for (int i = 0; i < 100; i++) {
		run_for(20);
		attach_write(attach, STREAM_STDOUT, "x", 1);
		if (packet_is(fd, 2, "x"))
			break;
		CHECK(i < 99);
	}
	(void)close(fd);
	teardown();
}

static const struct unit_test tests[] = {
	TEST(output_goes_to_every_client_marked_with_its_stream),
	TEST(output_is_cut_into_packets_of_at_most_8192_bytes),
	TEST(input_of_all_clients_arrives),
	TEST(a_client_that_ends_its_side_still_gets_output),
	TEST(an_empty_packet_ends_the_input),
	TEST(a_client_that_only_stops_reading_may_still_write),
	TEST(a_guest_that_does_not_read_gets_all_later_and_in_order),
	TEST(the_end_comes_after_what_the_guest_has_yet_to_take),
	TEST(a_client_with_a_packet_that_is_too_long_is_disconnected),
	TEST(descriptors_that_a_client_sends_are_closed),
	TEST(a_client_that_does_not_read_loses_bytes_and_delays_nobody),
	TEST(the_guest_waits_for_a_client_only_so_long),
	TEST(what_waits_for_a_client_is_sent_before_the_end),
	TEST(a_hundred_clients_come_read_and_go),
	TEST(clients_beyond_the_limit_are_turned_away),
	TEST(without_descriptors_clients_wait_and_nothing_spins),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
