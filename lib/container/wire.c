#include "container/wire.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/auto.h"
#include "base/fd.h"
#include "process/launch.h"

struct packet {
	uint32_t message;
	struct err failure; /* MSG_FAILED only; other messages are sent without it */
};

#define PACKET_SHORT offsetof(struct packet, failure)

static const char *const names[MSG_COUNT] = {
	[MSG_NONE] = "NONE",
	[MSG_RIGHTS_GIVEN] = "RIGHTS_GIVEN",
	[MSG_PLACED] = "PLACED",
	[MSG_WANT_HOOKS] = "WANT_HOOKS",
	[MSG_HOST_READY] = "HOST_READY",
	[MSG_WANT_DEVICES] = "WANT_DEVICES",
	[MSG_DEVICES_READY] = "DEVICES_READY",
	[MSG_TERMINAL] = "TERMINAL",
	[MSG_FAILED] = "FAILED",
};

const char *wire_message_name(enum wire_message message)
{
	return message < MSG_COUNT ? names[message] : "?";
}

int wire_make(int *ret_host, int *ret_guest, struct err *err)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "make a socket pair");
	*ret_host = pair[0];
	*ret_guest = pair[1];
	return 0;
}

void wire_tell_failure(int wire, const struct err *failure)
{
	struct packet packet = { .message = MSG_FAILED, .failure = *failure };

	(void)fd_send(wire, &packet, sizeof(packet), -1);
}

/* The failure that a packet carries becomes ours. */
static int take_failure(struct packet *packet, struct err *err)
{
	err_sanitize(&packet->failure);
	*err = packet->failure;
	return -err->number;
}

static int gone(struct err *err)
{
	return err_set(err, WIRE_GONE, "the other side ended without a word");
}

int wire_tell(int wire, enum wire_message message, int fd, struct err *err)
{
	struct packet packet = { .message = message };
	int r = fd_send(wire, &packet, PACKET_SHORT, fd);

	if (r == -EPIPE) {
		/* the other side is gone; what it said last is still there to be read, and is the better error */
		ssize_t n = fd_receive(wire, &packet, sizeof(packet), NULL);

		return n == sizeof(packet) && packet.message == MSG_FAILED ? take_failure(&packet, err) : gone(err);
	}
	return r < 0 ? err_sys(err, -r, "send %s to the other side", wire_message_name(message)) : 0;
}

int wire_hear(int wire, enum wire_message expected, int *ret_fd, struct err *err)
{
	struct packet packet;
	autofd fd = -1;
	ssize_t n = fd_receive(wire, &packet, sizeof(packet), &fd);

	if (n == -ECONNRESET || n == 0)
		return gone(err);
	if (n < 0)
		return err_sys(err, (int)-n, "receive from the other side");
	if (n == sizeof(packet) && packet.message == MSG_FAILED)
		return take_failure(&packet, err);
	if ((size_t)n != PACKET_SHORT || packet.message != expected || (expected == MSG_TERMINAL && fd < 0) ||
	    (fd >= 0 && expected != MSG_TERMINAL && expected != MSG_PLACED))
		return err_set(err, EPROTO, "expected the message %s from the other side", wire_message_name(expected));
	*ret_fd = take_fd(&fd);
	return 0;
}

int wire_hear_birth(int wire, pid_t between, pid_t *ret_pid, int *ret_number, int *ret_stage, struct err *err)
{
	union {
		struct packet packet;
		struct launch_birth birth;
		struct launch_failure failure;
	} got;
	int result = 0;

	*ret_pid = 0;
	for (;;) {
		autofd fd = -1;
		pid_t sender = 0;
		ssize_t n = fd_receive_from(wire, &got, sizeof(got), &fd, &sender);

		if (n == 0 || n == -ECONNRESET)
			return gone(err);
		if (n < 0)
			return err_sys(err, (int)-n, "receive from the guest");
		if (n == sizeof(struct launch_failure)) {
			*ret_number = got.failure.number;
			*ret_stage = got.failure.stage;
			result = WIRE_FAILED;
		}
		/* the new process may have failed already, before the launcher came to tell of it */
		if (sender != between)
			continue;
		if (n == sizeof(struct packet) && got.packet.message == MSG_FAILED)
			return take_failure(&got.packet, err);
		if (n == sizeof(struct launch_birth) && got.birth.pid > 0)
			*ret_pid = got.birth.pid;
		else if (n != sizeof(struct launch_failure))
			return err_set(err, EPROTO, "unexpected message of %zd bytes from the launcher", n);
		return result;
	}
}

int wire_await_launch(int wire, struct wire_listener *ret_listener, int *ret_number, int *ret_stage, struct err *err)
{
	union {
		struct packet packet;
		struct launch_failure failure;
	} got;
	autofd fd = -1;
	pid_t pid = 0;
	ssize_t n = fd_receive_from(wire, &got, sizeof(got), &fd, &pid);

	if (n == 0)
		return 0;
	if (n == -ECONNRESET)
		return gone(err);
	if (n < 0)
		return err_sys(err, (int)-n, "receive from the guest");
	if (n == sizeof(struct launch_failure)) {
		*ret_number = got.failure.number;
		*ret_stage = got.failure.stage;
		return WIRE_FAILED;
	}
	if (n == sizeof(struct packet) && got.packet.message == MSG_FAILED)
		return take_failure(&got.packet, err);
	if (n == 1 && fd >= 0 && ret_listener) {
		*ret_listener = (struct wire_listener){ .fd = take_fd(&fd), .pid = pid };
		return WIRE_LISTENER;
	}
	return err_set(err, EPROTO, "unexpected message of %zd bytes from the guest", n);
}

int wire_go_on(int wire, struct err *err)
{
	int r = fd_send(wire, "", 1, -1);

	return r == -EPIPE ? gone(err) : r < 0 ? err_sys(err, -r, "let the guest go on") : 0;
}
