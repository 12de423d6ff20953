#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/auto.h"

#define CHUNK	      LOGS_WRITE_MAX /* bytes of one stream, before others have their turn */

/* What the guest writes. */
struct outlet {
	struct loop_source source;
	enum stream stream;
	bool is_terminal;
	bool is_quiet; /* a terminal that nobody has open: watched for edges */
	bool is_held;  /* not watched, as logs or clients are full */
};

struct relay {
	const struct shim_settings *settings;
	struct loop *loop;
	struct relay_peers peers;
	struct outlet outlets[2]; /* by stream */
	struct loop_source input; /* watched while it takes nothing */
	bool input_awaited;	  /* there will be one: a terminal that has not come yet */
	struct winsize size;	  /* ws_row 0: nobody said */
	bool is_draining;
	struct loop_timer pump, deadline;
	int64_t drain_ms;
	char *buffer;
};

/* ---------------------------------------------------------------- output */

static bool is_full(const struct relay *relay)
{
	return logs_are_full(relay->peers.logs) || (relay->peers.attach && attach_is_full(relay->peers.attach));
}

static void deliver(struct relay *relay, enum stream stream, const void *data, size_t size)
{
	logs_write(relay->peers.logs, stream, data, size);
	if (relay->peers.attach)
		attach_write(relay->peers.attach, stream, data, size);
}

static void shut(struct relay *relay, struct loop_source *source)
{
	if (source->fd < 0)
		return;
	loop_forget(relay->loop, source);
	(void)close(source->fd);
	source->fd = -1;
}

static void end_outlet(struct relay *relay, struct outlet *outlet)
{
	if (outlet->source.fd < 0)
		return;
	shut(relay, &outlet->source);
	outlet->is_quiet = outlet->is_held = false;
	logs_end(relay->peers.logs, outlet->stream);
}

static int watch(struct relay *relay, struct outlet *outlet, bool quiet, struct err *err)
{
	outlet->is_quiet = quiet;
	outlet->is_held = false;
	return loop_watch(relay->loop, &outlet->source, EPOLLIN | (quiet ? (uint32_t)EPOLLET : 0), err);
}

static void hold(struct relay *relay, struct outlet *outlet)
{
	/* not watched for nothing: a hang-up would be reported all the same */
	loop_forget(relay->loop, &outlet->source);
	outlet->is_held = true;
}

/* Nothing can be read now.  n: of read(2), and its errno. */
static int pause_outlet(struct relay *relay, struct outlet *outlet, ssize_t n, struct err *err)
{
	if (n < 0 && errno == EAGAIN && !relay->is_draining)
		return 0;
	/* EIO: nobody has the terminal open, but somebody may open it again */
	if (n < 0 && errno == EIO && outlet->is_terminal && !relay->is_draining)
		return outlet->is_quiet ? 0 : watch(relay, outlet, true, err);
	end_outlet(relay, outlet);
	return 0;
}

static int read_outlet(struct relay *relay, struct outlet *outlet, struct err *err)
{
	bool has_clients = relay->peers.attach && attach_has_clients(relay->peers.attach);
	ssize_t n;

	for (size_t done = 0; done < CHUNK; done += (size_t)n) {
		if (is_full(relay)) {
			hold(relay, outlet);
			return 0;
		}
		/* a client may be full after each packet; logs take more at once */
		n = read(outlet->source.fd, relay->buffer, has_clients ? ATTACH_OUTPUT_MAX : CHUNK);
		if (n <= 0)
			return pause_outlet(relay, outlet, n, err);
		deliver(relay, outlet->stream, relay->buffer, (size_t)n);
	}
	/* an edge comes only once, and there may be more */
	return outlet->is_quiet ? watch(relay, outlet, false, err) : 0;
}

static int on_output(struct loop_source *source, uint32_t events, struct err *err)
{
	struct outlet *outlet = source->owner;

	(void)events;
	return read_outlet((struct relay *)((char *)(outlet - outlet->stream) - offsetof(struct relay, outlets)),
			   outlet, err);
}

void relay_trim(struct relay *relay)
{
	(void)madvise(relay->buffer, CHUNK, MADV_DONTNEED); /* only costs memory if it fails */
}

void relay_continue(struct relay *relay)
{
	struct err err;

	for (size_t i = 0; i < ARRAY_SIZE(relay->outlets); i++) {
		struct outlet *outlet = &relay->outlets[i];

		if (!outlet->is_held)
			continue;
		outlet->is_held = false;
		if (!relay->is_draining && watch(relay, outlet, false, &err) < 0)
			end_outlet(relay, outlet);
	}
	if (relay->is_draining)
		loop_after(relay->loop, &relay->pump, 0);
}

/* ---------------------------------------------------------------- the end */

static int finish_drain(struct relay *relay)
{
	if (!relay->is_draining)
		return 0;
	relay->is_draining = false;
	loop_cancel(relay->loop, &relay->pump);
	loop_cancel(relay->loop, &relay->deadline);
	relay->peers.drained(relay->peers.owner);
	return 0;
}

/* Others may hold a stream open that has nothing to read: so it is read without being asked. */
static int on_pump(struct loop_timer *timer, struct err *err)
{
	struct relay *relay = timer->owner;
	bool is_open = false, is_held = false;

	for (size_t i = 0; i < ARRAY_SIZE(relay->outlets); i++) {
		struct outlet *outlet = &relay->outlets[i];
		int r = outlet->source.fd < 0 || outlet->is_held ? 0 : read_outlet(relay, outlet, err);

		if (r < 0)
			return r;
		is_open |= outlet->source.fd >= 0 && !outlet->is_held;
		is_held |= outlet->is_held;
	}
	if (is_open)
		loop_after(relay->loop, &relay->pump, 0);
	else if (!is_held)
		return finish_drain(relay);
	return 0;
}

static int on_deadline(struct loop_timer *timer, struct err *err)
{
	struct relay *relay = timer->owner;

	(void)err;
	/* for clients the settings say how long */
	if (relay->peers.attach && attach_is_full(relay->peers.attach)) {
		loop_after(relay->loop, timer, relay->drain_ms);
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(relay->outlets); i++)
		end_outlet(relay, &relay->outlets[i]);
	return finish_drain(relay);
}

static void close_input(struct relay *relay)
{
	relay->input_awaited = false;
	if (relay->input.fd < 0)
		return;
	shut(relay, &relay->input);
	if (relay->peers.attach)
		attach_continue(relay->peers.attach); /* what it holds is swallowed */
}

void relay_drain(struct relay *relay, int64_t ms)
{
	relay->is_draining = true;
	relay->drain_ms = ms;
	close_input(relay);
	for (size_t i = 0; i < ARRAY_SIZE(relay->outlets); i++)
		loop_forget(relay->loop, &relay->outlets[i].source);
	loop_after(relay->loop, &relay->pump, 0);
	loop_after(relay->loop, &relay->deadline, ms);
}

/* ---------------------------------------------------------------- input */

size_t relay_input(struct relay *relay, const void *data, size_t size)
{
	struct err err;
	ssize_t n;

	if (relay->input.fd < 0)
		return relay->input_awaited ? 0 : size;
	n = write(relay->input.fd, data, size);
	if (n == (ssize_t)size)
		return size;
	if (n < 0 && errno != EAGAIN) {
		close_input(relay); /* EPIPE: the guest has closed it */
		return size;
	}
	if (loop_watch(relay->loop, &relay->input, EPOLLOUT, &err) < 0) {
		close_input(relay);
		return size;
	}
	return n < 0 ? 0 : (size_t)n;
}

static int on_input_space(struct loop_source *source, uint32_t events, struct err *err)
{
	struct relay *relay = source->owner;

	(void)events; /* EPOLLERR: the next write finds out */
	(void)err;
	loop_forget(relay->loop, source);
	if (relay->peers.attach)
		attach_continue(relay->peers.attach);
	return 0;
}

void relay_input_end(struct relay *relay)
{
	if (relay->settings->terminal || relay->settings->leave_stdin_open)
		return;
	if (relay->input.fd >= 0)
		close_input(relay);
}

void relay_resize(struct relay *relay, unsigned short rows, unsigned short columns)
{
	const struct outlet *outlet = &relay->outlets[STREAM_STDOUT];

	relay->size.ws_row = rows;
	relay->size.ws_col = columns;
	if (outlet->is_terminal && outlet->source.fd >= 0)
		(void)ioctl(outlet->source.fd, TIOCSWINSZ, &relay->size);
}

/* ---------------------------------------------------------------- life */

int relay_open(const struct shim_settings *settings, struct loop *loop, struct relay **ret, struct err *err)
{
	autofree struct relay *relay = calloc(1, sizeof(*relay));

	if (!relay)
		return err_memory(err);
	relay->settings = settings;
	relay->loop = loop;
	relay->input = (struct loop_source){ .fd = -1, .ready = on_input_space, .owner = relay };
	relay->pump = (struct loop_timer){ .expired = on_pump, .owner = relay };
	relay->deadline = (struct loop_timer){ .expired = on_deadline, .owner = relay };
	for (size_t i = 0; i < ARRAY_SIZE(relay->outlets); i++) {
		struct outlet *outlet = &relay->outlets[i];

		*outlet = (struct outlet){ .stream = (enum stream)i };
		outlet->source = (struct loop_source){ .fd = -1, .ready = on_output, .owner = outlet };
	}
	/* pages of its own, which can be given back */
	relay->buffer = mmap(NULL, CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (relay->buffer == MAP_FAILED)
		return err_memory(err);
	*ret = take_ptr(relay);
	return 0;
}

void relay_connect(struct relay *relay, const struct relay_peers *peers)
{
	relay->peers = *peers;
}

static void shut_all(struct relay *relay)
{
	shut(relay, &relay->input);
	for (size_t i = 0; i < ARRAY_SIZE(relay->outlets); i++)
		shut(relay, &relay->outlets[i].source);
}

void relay_close(struct relay *relay)
{
	if (!relay)
		return;
	shut_all(relay);
	loop_cancel(relay->loop, &relay->pump);
	loop_cancel(relay->loop, &relay->deadline);
	(void)munmap(relay->buffer, CHUNK);
	free(relay);
}

static void take_streams(struct relay *relay, const struct pipes *ours)
{
	relay->input.fd = ours->in;
	relay->outlets[STREAM_STDOUT].source.fd = ours->out;
	relay->outlets[STREAM_STDERR].source.fd = ours->err;
	for (size_t i = 0; i < ARRAY_SIZE(relay->outlets); i++)
		relay->outlets[i].is_terminal = relay->outlets[i].is_quiet = relay->outlets[i].is_held = false;
	relay->input_awaited = relay->settings->terminal;
}

int relay_begin(struct relay *relay, struct pipes *ret_guests, struct err *err)
{
	struct pipes ours;
	int r = pipes_make(relay->settings, &ours, ret_guests, err);

	if (r < 0)
		return r;
	shut_all(relay);
	take_streams(relay, &ours);
	return 0;
}

int relay_adopt(struct relay *relay, struct err *err)
{
	struct pipes ours;
	int r;

	if (relay->settings->terminal)
		return err_set(err, ENOTTY, "the master of the terminal was the earlier shim's");
	r = pipes_adopt(relay->settings, &ours, err);
	if (r < 0)
		return r;
	take_streams(relay, &ours);
	return relay_go(relay, -1, NULL, err);
}

int relay_error_fd(const struct relay *relay)
{
	return relay->outlets[STREAM_STDERR].source.fd;
}

static int take_terminal(struct relay *relay, int master, struct err *err)
{
	struct outlet *outlet = &relay->outlets[STREAM_STDOUT];

	outlet->source.fd = master;
	outlet->is_terminal = true;
	relay->input_awaited = false;
	/* a second descriptor, as the two directions are watched at different times */
	relay->input.fd = fcntl(master, F_DUPFD_CLOEXEC, 0);
	if (relay->input.fd < 0 || fcntl(master, F_SETFL, O_RDWR | O_NONBLOCK) < 0)
		return err_sys(err, errno, "the guest's terminal");
	if (relay->size.ws_row)
		(void)ioctl(master, TIOCSWINSZ, &relay->size);
	if (relay->peers.attach)
		attach_continue(relay->peers.attach);
	return 0;
}

int relay_go(struct relay *relay, int master, const struct str_buf *said, struct err *err)
{
	int r = master >= 0 ? take_terminal(relay, master, err) : 0;

	if (said && said->size)
		deliver(relay, STREAM_STDERR, said->data, said->size);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(relay->outlets); i++)
		if (relay->outlets[i].source.fd >= 0)
			r = watch(relay, &relay->outlets[i], false, err);
	return r;
}
