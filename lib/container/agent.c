#include "container/agent.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/fd.h"
#include "container/container.h"
#include "container/foreground.h"
#include "container/socket.h"
#include "container/state.h"
#include "container/wire.h"
#include "json/encode.h"

/* For what is sent as a whole; each part waits no longer than the socket's own timeout. */
#define SEND_TIMEOUT_MS 10000

int agent_check(const struct agent *agent, struct err *err)
{
	struct stat st;

	if (stat(agent->path, &st) < 0)
		return err_sys(err, errno, "seccomp agent %s", agent->path);
	if (!S_ISSOCK(st.st_mode))
		return err_user(err, "seccomp agent %s: it is not a socket", agent->path);
	return 0;
}

int agent_connect(struct agent *agent, struct err *err)
{
	int r = agent->connection >= 0 ? 0 : socket_connect_path(agent->path, &agent->connection, err);

	return r < 0 ? err_in(err, "failed to connect with seccomp agent") : 0;
}

/* The document: config-linux.md, "The Container Process State". */
static int describe(const struct agent *agent, pid_t pid, struct str_buf *out, struct err *err)
{
	struct json_writer w = JSON_WRITER(out, 0);
	static const char *const fds[] = { "seccompFd" };
	autobuf state = { 0 };
	int r = state_hook_json(agent->state, agent->status, agent->state->init.pid, &state, err);

	if (r < 0)
		return r;
	json_open_object(&w, NULL);
	json_put_string(&w, "ociVersion", CONTAINER_OCI_VERSION);
	json_put_strings(&w, "fds", fds, ARRAY_SIZE(fds));
	json_put_i64(&w, "pid", pid);
	if (agent->metadata)
		json_put_string(&w, "metadata", agent->metadata);
	json_put_raw(&w, "state", state.data);
	json_close(&w);
	return out->failed ? err_memory(err) : 0;
}

/* The descriptor goes with the first part.  Whoever hangs up instead of reading does not have it. */
static int send_state(int connection, const struct str_buf *json, int listener)
{
	const int64_t deadline = clock_ms() + SEND_TIMEOUT_MS;
	struct pollfd end = { .fd = connection };
	size_t done = 0;

	while (done < json->size) {
		ssize_t n = fd_send_part(connection, json->data + done, json->size - done, done ? -1 : listener);

		if (n < 0)
			return (int)n;
		done += (size_t)n;
		if (done < json->size && clock_ms() >= deadline)
			return -EAGAIN;
	}
	return poll(&end, 1, 0) > 0 && end.revents & (POLLHUP | POLLERR) ? -ECONNRESET : 0;
}

/* What comes from a guest may be anything: ask for a notification that there is not. */
static bool is_listener(int fd)
{
	uint64_t none = 0;

	return ioctl(fd, SECCOMP_IOCTL_NOTIF_ID_VALID, &none) < 0 && errno == ENOENT;
}

static int hand_over(struct agent *agent, const struct wire_listener *listener, struct err *err)
{
	autofd connection = -1;
	autobuf json = { 0 };
	int r;

	if (!is_listener(listener->fd))
		return err_set(err, EPROTO, "what came from the guest is no listener of a seccomp filter");
	r = agent_connect(agent, err);
	if (r == 0)
		r = describe(agent, listener->pid, &json, err);
	if (r < 0)
		return r;
	/* one state per connection */
	connection = take_fd(&agent->connection);
	r = send_state(connection, &json, listener->fd);
	if (r == -EAGAIN)
		return err_set(err, ETIMEDOUT, "seccomp agent %s does not read what it is sent", agent->path);
	return r < 0 ? err_sys(err, -r, "send the listener to seccomp agent %s", agent->path) : 0;
}

int agent_prepare_wire(int wire, struct err *err)
{
	const int on = 1;

	return setsockopt(wire, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ? err_sys(err, errno, "set SO_PASSCRED")
									      : 0;
}

int agent_await_launch(struct agent *agent, int wire, int *ret_number, int *ret_stage, struct err *err)
{
	for (;;) {
		struct wire_listener listener = { .fd = -1 };
		/* an agent may be asked for the program's own execve(2), and take its time */
		int r = agent->path ? foreground_await(wire, "waiting for the seccomp agent", err) : 0;

		if (r == 0)
			r = wire_await_launch(wire, &listener, ret_number, ret_stage, err);

		if (r != WIRE_LISTENER)
			return r;
		if (!agent->path)
			r = err_set(err, EPROTO, "a listener from the guest, and no seccomp agent");
		else
			r = hand_over(agent, &listener, err);
		auto_close(&listener.fd);
		if (r == 0)
			r = wire_go_on(wire, err);
		if (r < 0)
			return r;
	}
}

void agent_close(struct agent *agent)
{
	auto_close(&agent->connection);
	agent->connection = -1;
}
