/* Messages over a UNIX socket. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "unit.h"

static void make_pair(int *ours, int *theirs)
{
	int pair[2] = { -1, -1 };

	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == 0);
	*ours = pair[0];
	*theirs = pair[1];
}

static void a_last_word_is_heard_though_its_sender_left_ours_unread(void)
{
	char text[16] = "";
	autofd ours = -1;
	int theirs;

	make_pair(&ours, &theirs);
	CHECK(fd_send(ours, "unread", 6, -1) == 0);
	CHECK(fd_send(theirs, "last", 4, -1) == 0);
	(void)close(theirs);
	CHECK(fd_receive(ours, text, sizeof(text), NULL) == 4);
	CHECK_STR(text, "last");
	CHECK(fd_receive(ours, text, sizeof(text), NULL) == 0);
}

static void an_end_that_left_ours_unread_is_told_from_one_that_did_not(void)
{
	char text[16] = "";
	autofd ours = -1;
	int theirs;

	make_pair(&ours, &theirs);
	CHECK(fd_send(ours, "unread", 6, -1) == 0);
	(void)close(theirs);
	CHECK(fd_receive(ours, text, sizeof(text), NULL) == -ECONNRESET);
}

static void a_message_that_is_too_long_is_an_error(void)
{
	char text[2];
	autofd ours = -1, theirs = -1;

	make_pair(&ours, &theirs);
	CHECK(fd_send(theirs, "long", 4, -1) == 0);
	CHECK(fd_receive(ours, text, sizeof(text), NULL) == -EMSGSIZE);
}

static void a_descriptor_comes_along_closed_on_exec(void)
{
	char text[2];
	autofd ours = -1, theirs = -1, got = -1;

	make_pair(&ours, &theirs);
	CHECK(fd_send(theirs, "x", 1, 0) == 0);
	CHECK(fd_receive(ours, text, sizeof(text), &got) == 1);
	CHECK(got >= 0 && (fcntl(got, F_GETFD) & FD_CLOEXEC));
}

static const struct unit_test tests[] = {
	TEST(a_last_word_is_heard_though_its_sender_left_ours_unread),
	TEST(an_end_that_left_ours_unread_is_told_from_one_that_did_not),
	TEST(a_message_that_is_too_long_is_an_error),
	TEST(a_descriptor_comes_along_closed_on_exec),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
