/* A client is removed by the handler of its own events alone, so that whoever writes to all clients, and any request's handler,
 * may go through the list.  One that hangs up is removed at once; only when the guest takes no input just now and the client has
 * sent some before, it stays, unwatched, until that was read. */
#include "attach.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/auto.h"
#include "base/clock.h"
#include "control.h"
#include "ctl.h"
#include "link.h"
#include "listener.h"
#include "outbox.h"

#define CLIENTS_MAX   256
#define CLOSE_WAIT_MS 200

struct client {
	struct loop_source source;
	struct attach *attach;
	struct client *next;
	struct outbox outbox;
	int64_t since;	  /* when it last took something, if something waits for it */
	bool input_open;  /* it may send more */
	bool output_open; /* it takes output */
	bool has_hung_up; /* unwatched until what it sent before was read */
	bool is_stalled;  /* the guest has waited for it in vain */
	bool is_awaited;  /* the guest waits for it */
};

struct attach {
	const struct shim_settings *settings;
	struct attach_requests requests;
	struct loop *loop;
	int dir;
	struct link link;
	struct listener listener;
	struct ctl ctl;
	struct control control;
	struct client *clients;
	unsigned int client_count;
	unsigned int awaited; /* clients that the guest waits for */
	struct loop_timer patience;
	/* ATTACH_INPUT_MAX bytes while there are clients: what the guest does not take now is from `at` on */
	char *input;
	size_t at, size;
	bool is_paused; /* the guest takes no input now */
	bool end_waits; /* the last client is gone, and the guest has yet to take what it sent */
};

/* ---- output */

static void watch(struct client *client)
{
	uint32_t events = (client->input_open && !client->attach->is_paused ? EPOLLIN : 0) |
			  (outbox_is_empty(&client->outbox) ? 0 : EPOLLOUT);
	struct err ignored;

	if (loop_watch(client->attach->loop, &client->source, events, &ignored) < 0) /* it cannot be served */
		(void)shutdown(client->source.fd, SHUT_RDWR);
}

/* Find anew whether the guest waits for this client. */
static void count_awaited(struct client *client)
{
	struct attach *attach = client->attach;
	bool is_awaited = attach->settings->attach_wait_ms && !outbox_is_empty(&client->outbox) && !client->is_stalled;

	if (is_awaited == client->is_awaited)
		return;
	client->is_awaited = is_awaited;
	if (is_awaited) {
		if (attach->awaited++ == 0)
			loop_after(attach->loop, &attach->patience, attach->settings->attach_wait_ms);
	} else if (--attach->awaited == 0) {
		loop_cancel(attach->loop, &attach->patience);
		attach->requests.can_continue(attach->requests.owner);
	}
}

static void end_output(struct client *client)
{
	client->output_open = false;
	outbox_clear(&client->outbox);
}

static void flush(struct client *client)
{
	bool progress;

	if (!outbox_flush(&client->outbox, client->source.fd, &progress))
		end_output(client);
	if (progress)
		client->since = clock_ms();
	if (!outbox_is_empty(&client->outbox))
		return;
	client->is_stalled = false;
	watch(client);
	count_awaited(client);
}

/* Give up waiting for those that have taken nothing for so long. */
static int patience_ended(struct loop_timer *timer, struct err *err)
{
	struct attach *attach = timer->owner;
	int64_t now = clock_ms(), first = now + attach->settings->attach_wait_ms;

	(void)err;
	for (struct client *client = attach->clients, *next; client; client = next) {
		int64_t due = client->since + attach->settings->attach_wait_ms;

		next = client->next;
		if (!client->is_awaited)
			continue;
		if (due <= now) {
			client->is_stalled = true;
			count_awaited(client);
		} else if (due < first) {
			first = due;
		}
	}
	if (attach->awaited)
		loop_after(attach->loop, timer, first - now);
	return 0;
}

static void write_packet(struct client *client, char head, const char *data, size_t size)
{
	bool was_empty = outbox_is_empty(&client->outbox);

	if (!outbox_send(&client->outbox, client->source.fd, head, data, size)) {
		end_output(client);
		watch(client);
		count_awaited(client);
	} else if (was_empty && !outbox_is_empty(&client->outbox)) {
		client->since = clock_ms();
		watch(client);
		count_awaited(client);
	}
}

void attach_write(struct attach *attach, enum stream stream, const void *data, size_t size)
{
	const char head = stream == STREAM_STDERR ? 3 : 2;

	for (size_t at = 0; at < size; at += ATTACH_OUTPUT_MAX) {
		size_t part = size - at < ATTACH_OUTPUT_MAX ? size - at : ATTACH_OUTPUT_MAX;

		for (struct client *client = attach->clients; client; client = client->next)
			if (client->output_open && !client->has_hung_up)
				write_packet(client, head, (const char *)data + at, part);
	}
}

bool attach_has_clients(const struct attach *attach)
{
	return attach->clients != NULL;
}

bool attach_is_full(const struct attach *attach)
{
	return attach->awaited > 0;
}

/* ---- input */

static void pause_input(struct attach *attach, bool is_paused)
{
	attach->is_paused = is_paused;
	for (struct client *client = attach->clients; client; client = client->next)
		if (client->input_open && !(client->has_hung_up && is_paused)) {
			client->has_hung_up = false;
			watch(client);
		}
}

/* Returns false when the guest has not taken all. */
static bool give_input(struct attach *attach)
{
	size_t left = attach->size - attach->at;
	size_t taken = attach->requests.input(attach->requests.owner, attach->input + attach->at, left);

	attach->at += taken < left ? taken : left;
	return attach->at == attach->size;
}

static void free_input(struct attach *attach)
{
	free(attach->input);
	attach->input = NULL;
}

/* The last client is gone. */
static void end_input(struct attach *attach)
{
	attach->end_waits = attach->is_paused;
	if (attach->end_waits)
		return;
	if (!attach->clients)
		free_input(attach);
	attach->requests.input_end(attach->requests.owner);
}

void attach_continue(struct attach *attach)
{
	if (!attach->is_paused || !give_input(attach))
		return;
	pause_input(attach, false);
	if (attach->end_waits)
		end_input(attach);
}

static void remove_client(struct client *client)
{
	struct attach *attach = client->attach;
	struct client **at = &attach->clients;

	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	attach->client_count--;
	end_output(client);
	count_awaited(client);
	loop_forget(attach->loop, &client->source);
	(void)close(client->source.fd);
	free(client);
	if (!attach->clients)
		end_input(attach);
}

/* Take a packet of input.  Returns false when the client is to be removed. */
static bool read_input(struct client *client, bool hangs_up)
{
	struct attach *attach = client->attach;
	/* read(2) and recv(2) have no room for descriptors that are sent along: the kernel closes them */
	ssize_t size = recv(client->source.fd, attach->input, ATTACH_INPUT_MAX, MSG_DONTWAIT | MSG_TRUNC);

	if (size < 0) /* ECONNRESET is told once, before what can still be read */
		return errno == EAGAIN || errno == EINTR || errno == ECONNRESET;
	if (size > ATTACH_INPUT_MAX)
		return false; /* not our protocol; a part of it would be worse than nothing */
	if (size == 0) {
		if (hangs_up)
			return false;
		client->input_open = false;
		watch(client);
		attach->requests.input_end(attach->requests.owner);
		return true;
	}
	attach->at = 0;
	attach->size = (size_t)size;
	if (!give_input(attach))
		pause_input(attach, true);
	return true;
}

/* True if a client that is gone left something to be read. */
static bool left_input(const struct client *client)
{
	int size = 0;

	return client->input_open && ioctl(client->source.fd, FIONREAD, &size) == 0 && size > 0;
}

static int client_is_ready(struct loop_source *source, uint32_t events, struct err *err)
{
	struct client *client = source->owner;
	const bool hangs_up = events & (EPOLLHUP | EPOLLERR);

	(void)err;
	if ((events & EPOLLOUT) && client->output_open)
		flush(client);
	if ((events & EPOLLIN) && client->input_open && !client->attach->is_paused) {
		if (!read_input(client, events & EPOLLHUP))
			remove_client(client);
	} else if (hangs_up && left_input(client)) {
		client->has_hung_up = true;
		end_output(client);
		count_awaited(client);
		loop_forget(client->attach->loop, source);
	} else if (hangs_up) {
		remove_client(client);
	}
	return 0;
}

/* ---- clients */

/* Make room by giving up one that is gone, whatever it left. */
static void remove_one_that_is_gone(struct attach *attach)
{
	struct client *client = attach->clients;

	while (client && !client->has_hung_up)
		client = client->next;
	if (client)
		remove_client(client);
}

static void accepted(void *owner, int fd)
{
	struct attach *attach = owner;
	struct client *client;

	if (attach->client_count >= CLIENTS_MAX)
		remove_one_that_is_gone(attach);
	if (!attach->input)
		attach->input = malloc(ATTACH_INPUT_MAX);
	client = attach->client_count < CLIENTS_MAX && attach->input ? calloc(1, sizeof(*client)) : NULL;
	if (!client) {
		(void)close(fd);
		return;
	}
	client->source = (struct loop_source){ .fd = fd, .ready = client_is_ready, .owner = client };
	client->attach = attach;
	client->input_open = client->output_open = true;
	client->next = attach->clients;
	attach->clients = client;
	attach->client_count++;
	watch(client);
}

static void wished(void *owner, const struct ctl_wish *wish)
{
	const struct attach_requests *requests = &((struct attach *)owner)->requests;

	if (wish->resize)
		requests->resize(requests->owner, wish->rows, wish->columns);
	if (wish->reopen_logs)
		requests->reopen_logs(requests->owner);
}

void attach_answer(struct attach *attach, uint64_t ticket, const char *answer)
{
	control_answer(&attach->control, ticket, answer);
}

/* ---- all of them */

static int open_all(struct attach *attach, struct err *err)
{
	const struct shim_settings *settings = attach->settings;
	const char *path = settings->run_dir ? settings->run_dir : settings->bundle ? settings->bundle : ".";
	int r;

	attach->dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (attach->dir < 0)
		return err_sys(err, errno, "open directory %s", path);
	r = listener_open(&attach->listener, attach->loop, attach->dir, "attach", 0700, err);
	if (r == 0)
		r = ctl_open(&attach->ctl, attach->loop, attach->dir, err);
	if (r == 0 && settings->run_dir)
		r = control_open(&attach->control, attach->loop, &attach->requests, attach->dir, err);
	if (r < 0)
		return err_in(err, "%s", path);
	return link_make(&attach->link, settings, attach->dir, err);
}

static void close_all(struct attach *attach)
{
	link_remove(&attach->link);
	control_close(&attach->control);
	ctl_close(&attach->ctl);
	listener_close(&attach->listener);
	auto_close(&attach->dir);
	free(attach->input);
	free(attach);
}

int attach_open(const struct shim_settings *settings, struct loop *loop, const struct attach_requests *requests,
		struct attach **ret, struct err *err)
{
	struct attach *attach = calloc(1, sizeof(*attach));
	int r;

	if (!attach)
		return err_memory(err);
	*attach = (struct attach){
		.settings = settings,
		.requests = *requests,
		.loop = loop,
		.dir = -1,
		.link = LINK_NONE,
		.listener = LISTENER_NONE,
		.ctl = CTL_NONE,
		.control = CONTROL_NONE,
		.patience = { .expired = patience_ended, .owner = attach },
	};
	attach->listener.accepted = accepted;
	attach->listener.owner = attach;
	attach->ctl.wished = wished;
	attach->ctl.owner = attach;
	r = open_all(attach, err);
	if (r < 0) {
		close_all(attach);
		return r;
	}
	*ret = attach;
	return 0;
}

/* The guest is gone and waits for nobody: let clients that do read have the rest.  All that do not share one wait. */
static void flush_all(struct attach *attach)
{
	const int64_t wait =
		attach->settings->attach_wait_ms > CLOSE_WAIT_MS ? attach->settings->attach_wait_ms : CLOSE_WAIT_MS;
	int64_t due = clock_ms() + wait;

	for (struct client *client = attach->clients; client; client = client->next)
		while (!client->is_stalled && !outbox_is_empty(&client->outbox)) {
			struct pollfd writable = { .fd = client->source.fd, .events = POLLOUT };
			int64_t left = due - clock_ms();
			bool progress;

			if (poll(&writable, 1, left > 0 ? (int)left : 0) <= 0 ||
			    !outbox_flush(&client->outbox, client->source.fd, &progress) || !progress)
				outbox_clear(&client->outbox);
			else
				due = clock_ms() + wait;
		}
}

void attach_close(struct attach *attach)
{
	if (!attach)
		return;
	flush_all(attach);
	loop_cancel(attach->loop, &attach->patience);
	while (attach->clients) {
		struct client *client = attach->clients;

		attach->clients = client->next;
		outbox_clear(&client->outbox);
		loop_forget(attach->loop, &client->source);
		(void)close(client->source.fd);
		free(client);
	}
	close_all(attach);
}
