/* A client is freed by the event loop's handlers alone: one that cannot be answered is shut down, which the loop reports as a
 * hang-up.  While a request is under way its client is watched for that only. */
#include "control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/str.h"

struct control_client {
	struct loop_source source;
	struct loop_timer idle;
	struct control *control;
	struct control_client *next;
	uint64_t ticket; /* of the request under way; 0: none */
};

static void remove_client(struct control_client *client)
{
	struct control *control = client->control;
	struct control_client **at = &control->clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	control->count--;
	loop_forget(control->loop, &client->source);
	loop_cancel(control->loop, &client->idle);
	(void)close(client->source.fd);
	free(client);
}

static int is_idle(struct loop_timer *timer, struct err *err)
{
	(void)err;
	remove_client(timer->owner);
	return 0;
}

/* Hear the client's next request. */
static void await_request(struct control_client *client)
{
	struct err ignored;

	client->ticket = 0;
	loop_after(client->control->loop, &client->idle, CONTROL_IDLE_MS);
	if (loop_watch(client->control->loop, &client->source, EPOLLIN, &ignored) < 0)
		(void)shutdown(client->source.fd, SHUT_RDWR);
}

static void answer(struct control_client *client, const char *text)
{
	/* a client has taken its previous answer, or it has itself to blame */
	if (send(client->source.fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		(void)shutdown(client->source.fd, SHUT_RDWR);
	await_request(client);
}

void control_answer(struct control *control, uint64_t ticket, const char *text)
{
	for (struct control_client *client = control->clients; client; client = client->next)
		if (client->ticket == ticket && ticket) {
			answer(client, text);
			return;
		}
}

/* Requests that are answered here. */

static bool resize(const struct attach_requests *requests, const char *words)
{
	char line[CONTROL_REQUEST_MAX];
	const char *blank = strchr(words, ' ');
	uint64_t rows, columns;

	if (!blank)
		return false;
	memcpy(line, words, (size_t)(blank - words));
	line[blank - words] = '\0';
	if (!str_u64(line, UINT16_MAX, &rows) || !str_u64(blank + 1, UINT16_MAX, &columns))
		return false;
	requests->resize(requests->owner, (unsigned short)rows, (unsigned short)columns);
	return true;
}

static bool reopen_logs(const struct attach_requests *requests, const char *words)
{
	if (*words)
		return false;
	requests->reopen_logs(requests->owner);
	return true;
}

static const struct {
	const char *verb;
	bool (*run)(const struct attach_requests *requests, const char *words); /* false: wrong arguments */
	const char *usage;
} verbs[] = {
	{ "resize", resize, "{\"error\": \"usage: resize ROWS COLUMNS\"}" },
	{ "reopen-logs", reopen_logs, "{\"error\": \"usage: reopen-logs\"}" },
};

static void handle(struct control_client *client, const char *request)
{
	struct control *control = client->control;
	autobuf out = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		const char *rest = str_after(request, verbs[i].verb);

		if (rest && (!*rest || *rest == ' ')) {
			answer(client, verbs[i].run(control->requests, rest + (*rest == ' ')) ? "{}" : verbs[i].usage);
			return;
		}
	}
	client->ticket = ++control->last_ticket;
	control->requests->control(control->requests->owner, client->ticket, request, &out);
	if (!client->ticket) /* attach_answer() was faster */
		return;
	if (out.failed)
		answer(client, "{\"error\": \"out of memory\"}");
	else if (out.size)
		answer(client, out.data);
}

/* A line is text: what a client sends ends up in messages. */
static bool is_line(const char *text, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return false;
	return size > 0;
}

static int is_ready(struct loop_source *source, uint32_t events, struct err *err)
{
	struct control_client *client = source->owner;
	char request[CONTROL_REQUEST_MAX];
	ssize_t size;

	(void)err;
	if (client->ticket || !(events & EPOLLIN)) {
		if (events & (EPOLLHUP | EPOLLERR))
			remove_client(client);
		return 0;
	}
	/* without room for control messages the kernel closes descriptors that were sent along */
	size = recv(source->fd, request, sizeof(request), MSG_DONTWAIT | MSG_TRUNC);
	if (size <= 0) {
		if (size == 0 || (errno != EAGAIN && errno != EINTR && errno != ECONNRESET))
			remove_client(client);
		return 0;
	}
	loop_cancel(client->control->loop, &client->idle);
	(void)loop_watch(client->control->loop, source, 0, err); /* it is watched, so this cannot fail */
	if (size < (ssize_t)sizeof(request) && request[size - 1] == '\n')
		size--;
	if (size >= (ssize_t)sizeof(request) || !is_line(request, (size_t)size)) {
		answer(client, "{\"error\": \"a request is one line of at most 255 bytes\"}");
		return 0;
	}
	request[size] = '\0';
	handle(client, request);
	return 0;
}

static bool may_ask(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

static void accepted(void *owner, int fd)
{
	struct control *control = owner;
	struct control_client *client;

	if (!may_ask(fd) || control->count >= CONTROL_CLIENTS_MAX || !(client = calloc(1, sizeof(*client)))) {
		(void)close(fd);
		return;
	}
	client->source = (struct loop_source){ .fd = fd, .ready = is_ready, .owner = client };
	client->idle = (struct loop_timer){ .expired = is_idle, .owner = client };
	client->control = control;
	client->next = control->clients;
	control->clients = client;
	control->count++;
	await_request(client);
}

int control_open(struct control *control, struct loop *loop, const struct attach_requests *requests, int dir,
		 struct err *err)
{
	control->loop = loop;
	control->requests = requests;
	control->listener.accepted = accepted;
	control->listener.owner = control;
	return listener_open(&control->listener, loop, dir, "control", 0600, err);
}

void control_close(struct control *control)
{
	while (control->clients)
		remove_client(control->clients);
	listener_close(&control->listener);
}
