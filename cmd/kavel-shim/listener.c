#include "listener.h"

#include <errno.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/auto.h"
#include "base/log.h"

#define REST_MS 200

static int rested(struct loop_timer *timer, struct err *err)
{
	struct listener *listener = timer->owner;

	return loop_watch(listener->loop, &listener->source, EPOLLIN, err);
}

static int is_ready(struct loop_source *source, uint32_t events, struct err *err)
{
	struct listener *listener = source->owner;
	int fd = accept4(source->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	(void)events;
	(void)err;
	if (fd >= 0) {
		listener->accepted(listener->owner, fd);
	} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
		/* who cannot be accepted keeps the socket readable: not to be asked again and again */
		log_warning("%s: no client can be accepted now: %m", listener->endpoint.name);
		loop_forget(listener->loop, source);
		loop_after(listener->loop, &listener->rest, REST_MS);
	}
	return 0;
}

int listener_open(struct listener *listener, struct loop *loop, int dir, const char *name, mode_t mode, struct err *err)
{
	int r = endpoint_listen(&listener->endpoint, dir, name, mode, &listener->source.fd, err);

	listener->loop = loop;
	listener->source.ready = is_ready;
	listener->source.owner = listener;
	listener->rest = (struct loop_timer){ .expired = rested, .owner = listener };
	if (r == 0)
		r = loop_watch(loop, &listener->source, EPOLLIN, err);
	if (r < 0)
		listener_close(listener);
	return r;
}

void listener_close(struct listener *listener)
{
	endpoint_remove(&listener->endpoint);
	if (listener->source.fd < 0)
		return;
	loop_cancel(listener->loop, &listener->rest);
	loop_forget(listener->loop, &listener->source);
	(void)close(listener->source.fd);
	listener->source.fd = -1;
}
