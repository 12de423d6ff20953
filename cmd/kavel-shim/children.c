#include "children.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"

/* One that ended before anybody waited for it. */
struct ended {
	pid_t pid;
	int status;
	struct rusage usage;
};

struct children {
	struct loop *loop;
	struct loop_source signals;
	struct loop_timer late; /* tells of those that were added late */
	struct child *list;
	struct ended *kept; /* a ring, made for the first of them: most shims never need it */
	unsigned int next;
};

static struct ended *find_kept(struct children *children, pid_t pid)
{
	for (size_t i = 0; children->kept && i < CHILDREN_KEPT; i++)
		if (children->kept[i].pid == pid)
			return &children->kept[i];
	return NULL;
}

static void keep(struct children *children, const struct ended *ended)
{
	struct ended *before =
		find_kept(children, ended->pid); /* the number is used again: nobody will ask for the first */

	if (!children->kept)
		children->kept = calloc(CHILDREN_KEPT, sizeof(*children->kept));
	if (before)
		*before = *ended;
	else if (children->kept) /* else its status is not known, as of one that ended too long ago */
		children->kept[children->next++ % CHILDREN_KEPT] = *ended;
}

/* Tell who waits for it.  Returns false if nobody does. */
static bool tell(struct children *children, const struct ended *ended)
{
	struct child *child = children->list;

	while (child && child->pid != ended->pid)
		child = child->next;
	if (!child)
		return false;
	children_remove(children, child);
	child->ended(child, ended->status, &ended->usage);
	return true;
}

static void reap(struct children *children)
{
	struct ended ended;

	/* __WALL: also one that is to send no signal when it ends */
	while ((ended.pid = wait4(-1, &ended.status, WNOHANG | __WALL, &ended.usage)) > 0 ||
	       (ended.pid < 0 && errno == EINTR))
		if (ended.pid > 0 && !tell(children, &ended))
			keep(children, &ended);
}

static int on_signal(struct loop_source *source, uint32_t events, struct err *err)
{
	struct children *children = source->owner;
	struct signalfd_siginfo info;

	(void)events;
	(void)err;
	(void)!read(source->fd, &info, sizeof(info)); /* one signal may stand for many children: wait4(2) tells which */
	reap(children);
	return 0;
}

static int on_late(struct loop_timer *timer, struct err *err)
{
	struct children *children = timer->owner;

	(void)err;
	for (size_t i = 0; children->kept && i < CHILDREN_KEPT; i++) {
		struct ended ended = children->kept[i];

		children->kept[i].pid = 0; /* before it is told: what it does may add one with the same number */
		if (ended.pid > 0 && !tell(children, &ended))
			keep(children, &ended);
	}
	return 0;
}

int children_open(struct loop *loop, struct children **ret, struct err *err)
{
	autofree struct children *children = calloc(1, sizeof(*children));
	sigset_t set;
	int r;

	if (!children)
		return err_memory(err);
	children->loop = loop;
	children->late = (struct loop_timer){ .expired = on_late, .owner = children };
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return err_sys(err, errno, "become a subreaper");
	/* a caller who ignores SIGCHLD passes that on: the kernel would throw the statuses away */
	(void)signal(SIGCHLD, SIG_DFL);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	children->signals = (struct loop_source){ .ready = on_signal, .owner = children };
	children->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (children->signals.fd < 0)
		return err_sys(err, errno, "hear of children");
	r = loop_watch(loop, &children->signals, EPOLLIN, err);
	if (r < 0) {
		(void)close(children->signals.fd);
		return r;
	}
	*ret = take_ptr(children);
	return 0;
}

void children_close(struct children *children)
{
	if (!children)
		return;
	loop_cancel(children->loop, &children->late);
	loop_forget(children->loop, &children->signals);
	(void)close(children->signals.fd);
	free(children->kept);
	free(children);
}

static bool is_child(pid_t pid)
{
	siginfo_t info;

	return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) == 0;
}

bool children_add(struct children *children, struct child *child)
{
	if (find_kept(children, child->pid))
		loop_after(children->loop, &children->late, 0);
	else if (!is_child(child->pid))
		return false;
	child->next = children->list;
	children->list = child;
	return true;
}

void children_remove(struct children *children, struct child *child)
{
	for (struct child **at = &children->list; *at; at = &(*at)->next)
		if (*at == child) {
			*at = child->next;
			return;
		}
}
