#include "signals.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

static int on_signal(struct loop_source *source, uint32_t events, struct err *err)
{
	struct signals *signals = source->owner;
	struct signalfd_siginfo info;

	(void)events;
	(void)err;
	if (read(source->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		signals->received(signals->owner, (int)info.ssi_signo);
	return 0;
}

int signals_open(struct signals *signals, struct loop *loop, struct err *err)
{
	sigset_t set;
	int r;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGQUIT);
	(void)sigaddset(&set, SIGXFSZ); /* a log that meets RLIMIT_FSIZE fails with EFBIG instead */
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)sigdelset(&set, SIGXFSZ);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	signals->loop = loop;
	signals->source = (struct loop_source){ .ready = on_signal, .owner = signals };
	signals->source.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals->source.fd < 0)
		return err_sys(err, errno, "hear of signals");
	r = loop_watch(loop, &signals->source, EPOLLIN, err);
	if (r < 0)
		signals_close(signals);
	return r;
}

void signals_close(struct signals *signals)
{
	if (signals->source.fd < 0)
		return;
	loop_forget(signals->loop, &signals->source);
	(void)close(signals->source.fd);
	signals->source.fd = -1;
}
