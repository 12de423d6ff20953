/* What the host side does with what comes from a guest's launcher, before it goes to an agent. */
#include "container/agent.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "bpf.h"
#include "child.h"
#include "container/state.h"
#include "container/wire.h"
#include "unit.h"

static struct state container = { .id = "c1", .bundle = "/bundle", .init = { .pid = 1 } };

struct pair {
	int host, guest;
	struct err err;
};

static bool make(struct pair *ret)
{
	return CHECK(wire_make(&ret->host, &ret->guest, &ret->err) == 0) &&
	       CHECK(agent_prepare_wire(ret->host, &ret->err) == 0);
}

static void end(const struct pair *pair)
{
	(void)close(pair->host);
	(void)close(pair->guest);
}

static void any_other_descriptor_is_refused(void)
{
	struct agent agent = { .path = "/nonexistent", .status = "creating", .state = &container, .connection = -1 };
	autofd null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int number, stage;
	struct pair pair;

	if (!make(&pair))
		return;
	CHECK(fd_send(pair.guest, "", 1, null) == 0);
	CHECK(agent_await_launch(&agent, pair.host, &number, &stage, &pair.err) == -EPROTO);
	CHECK_HAS(pair.err.text, "no listener of a seccomp filter");
	end(&pair);
}

static void a_listener_that_nobody_asked_for_is_refused(void)
{
	struct agent agent = AGENT_NONE;
	autofd null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int number, stage;
	struct pair pair;

	if (!make(&pair))
		return;
	CHECK(fd_send(pair.guest, "", 1, null) == 0);
	CHECK(agent_await_launch(&agent, pair.host, &number, &stage, &pair.err) == -EPROTO);
	CHECK_HAS(pair.err.text, "no seccomp agent");
	end(&pair);
}

static void the_end_is_the_end_with_and_without_an_agent(void)
{
	struct agent agents[] = { AGENT_NONE, { .path = "/nonexistent", .state = &container, .connection = -1 } };
	int number, stage;

	for (size_t i = 0; i < COUNT(agents); i++) {
		struct pair pair;

		if (!make(&pair))
			return;
		(void)shutdown(pair.guest, SHUT_WR);
		CHECK(agent_await_launch(&agents[i], pair.host, &number, &stage, &pair.err) == 0);
		end(&pair);
	}
}

/* In a child: a filter has a listener for the rest of a process's life. */
static bool child_without_agent(void)
{
	static struct sock_filter allow[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	const struct seccomp_filter filter = { allow, 1, SECCOMP_FILTER_FLAG_NEW_LISTENER };
	struct agent agent = { .path = "/nonexistent", .status = "creating", .state = &container, .connection = -1 };
	int number, stage, listener;
	struct pair pair;

	if (!make(&pair) || !CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0))
		return false;
	/* the lowest number that is free is the listener's */
	listener = dup(0);
	(void)close(listener);
	CHECK(bpf_load(&filter) == 0);
	CHECK(fd_send(pair.guest, "", 1, listener) == 0);
	CHECK(agent_await_launch(&agent, pair.host, &number, &stage, &pair.err) == -ENOENT);
	CHECK_HAS(pair.err.text, "failed to connect with seccomp agent: open socket /nonexistent");
	end(&pair);
	return true;
}

static void a_listener_is_known_as_one(void)
{
	CHECK(in_child(child_without_agent));
}

static void only_a_socket_can_be_an_agent(void)
{
	struct agent agent = { .path = "/dev/null", .connection = -1 };
	struct err err;

	CHECK(agent_check(&agent, &err) == -EINVAL);
	CHECK_STR(err.text, "seccomp agent /dev/null: it is not a socket");
	agent.path = "/nonexistent";
	CHECK(agent_check(&agent, &err) == -ENOENT);
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(any_other_descriptor_is_refused),
		TEST(a_listener_that_nobody_asked_for_is_refused),
		TEST(the_end_is_the_end_with_and_without_an_agent),
		TEST(a_listener_is_known_as_one),
		TEST(only_a_socket_can_be_an_agent),
		TEST_END,
	};

	return unit_run(tests);
}
