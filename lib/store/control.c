#include "store/control.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/fd.h"
#include "json/read.h"

#define ANSWER_MAX (256u << 10) /* bytes */
#define TELL_MS	   250

int control_connect(const char *run, const char *socket_name, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autofd dir = open(run, O_PATH | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	autofd fd = -1;

	if (dir < 0)
		return errno == ENOENT ? 1 : err_sys(err, errno, "open %s", run);
	/* a socket's address is short; that of its directory's descriptor always fits */
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%.40s", dir, socket_name);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(err, errno, "make a socket");
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return errno == ENOENT || errno == ECONNREFUSED
			       ? 1
			       : err_sys(err, errno, "connect to %s/%s", run, socket_name);
	*ret_fd = take_fd(&fd);
	return 0;
}

int control_shim(const char *run, pid_t *ret, struct err *err)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);
	autofd fd = -1;
	int r = control_connect(run, "control", &fd, err);

	*ret = 0;
	if (r != 0)
		return r < 0 ? r : 0;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0) /* of the one that listens */
		return err_sys(err, errno, "ask who listens in %s", run);
	*ret = peer.pid;
	return 0;
}

/* What the shim refused, in its own words. */
static int check_answer(const char *text, size_t size, struct err *err)
{
	json_t *answer;
	const char *refusal;
	int r = json_read(text, size, "answer of the shim", &answer, err);

	if (r < 0)
		return r;
	refusal = json_string_value(json_object_get(answer, "error"));
	/* status has an "error" of its own, which is none of the request */
	if (refusal && json_object_size(answer) == 1)
		r = err_user(err, "%s", refusal);
	json_decref(answer);
	return r;
}

static int wait_answer(int fd, int timeout_ms, control_tell tell, void *context, struct err *err)
{
	const int64_t deadline = clock_ms() + timeout_ms;

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int64_t left = timeout_ms < 0 ? TELL_MS : deadline - clock_ms();
		int r = poll(&wait, 1, left < TELL_MS ? (int)(left > 0 ? left : 0) : TELL_MS);

		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return err_sys(err, errno, "wait for the shim");
		if (left <= 0)
			return err_set(err, ETIMEDOUT, "the shim has not answered for %d ms", timeout_ms);
		if (tell)
			tell(context);
	}
}

int control_request(const char *run, const char *request, int timeout_ms, control_tell tell, void *context,
		    struct str_buf *answer, struct err *err)
{
	autofree char *data = malloc(ANSWER_MAX);
	autofd fd = -1;
	ssize_t n;
	int r;

	if (!data)
		return err_memory(err);
	r = control_connect(run, "control", &fd, err);
	if (r != 0)
		return r;
	r = fd_send(fd, request, strlen(request), -1);
	if (r == 0)
		r = wait_answer(fd, timeout_ms, tell, context, err);
	else
		return r == -EPIPE || r == -ECONNRESET ? 1 : err_sys(err, -r, "ask the shim");
	if (r < 0)
		return r;
	n = fd_receive(fd, data, ANSWER_MAX, NULL);
	if (n < 0 && n != -ECONNRESET)
		return err_sys(err, (int)-n, "answer of the shim");
	if (n <= 0)
		return 1;
	r = check_answer(data, (size_t)n, err);
	if (r == 0)
		str_append_n(answer, data, (size_t)n);
	return r == 0 && answer->failed ? err_memory(err) : r;
}
