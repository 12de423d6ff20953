#include "notify_proxy.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/auto.h"
#include "container/notify.h"

static int on_message(struct loop_source *source, uint32_t events, struct err *err)
{
	const struct notify_proxy *proxy = source->owner;

	(void)events;
	(void)err;
	/* the service's main process is known to who started it: no MAINPID */
	(void)notify_forward_to(source->fd, proxy->target, 0);
	return 0;
}

int notify_proxy_open(struct notify_proxy *proxy, const struct shim_settings *settings, struct loop *loop,
		      struct err *err)
{
	autofd dir = -1;
	int r;

	if (!settings->notify_socket || !settings->bundle)
		return 0;
	dir = open(settings->bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return err_sys(err, errno, "open %s", settings->bundle);
	proxy->loop = loop;
	proxy->target = settings->notify_socket;
	proxy->source = (struct loop_source){ .fd = -1, .ready = on_message, .owner = proxy };
	r = notify_bind(dir, &proxy->source.fd, err);
	if (r == 0)
		r = loop_watch(loop, &proxy->source, EPOLLIN, err);
	return r;
}

void notify_proxy_close(struct notify_proxy *proxy)
{
	if (proxy->source.fd < 0)
		return;
	loop_forget(proxy->loop, &proxy->source);
	(void)close(proxy->source.fd);
	proxy->source.fd = -1;
}
