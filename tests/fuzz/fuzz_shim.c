/* What clients may send to the shim: lines on the FIFOs, packets on the attach socket and requests on the control socket, of any
 * bytes, in any order, with descriptors, from clients that hang up at any point; a guest that takes as much as it likes.
 *
 * An input is a list of operations: a byte that chooses it, a byte for which client, a byte n, and n bytes of data. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "attach.h"
#include "base/auto.h"
#include "base/clock.h"
#include "base/fd.h"
#include "store/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum operation { CTL, WINSZ, ATTACH, CONTROL, SEND, SEND_FD, END_SIDE, HANG_UP, OUTPUT, ROOM, ANSWER, READ, OPERATIONS };

#define CLIENTS 4

static struct {
	char path[32];
	int fd;
} folder;

struct world {
	struct loop *loop;
	struct attach *attach;
	struct loop_timer stop;
	int clients[CLIENTS]; /* -1: not there */
	size_t room;	      /* what the guest takes */
	uint64_t ticket;
	uint64_t taken;
};

static void must(bool holds)
{
	if (!holds)
		abort(); /* how a fuzzer is told */
}

static size_t take_input(void *owner, const void *data, size_t size)
{
	struct world *world = owner;
	size_t taken = size < world->room ? size : world->room;

	must(size > 0 && size <= ATTACH_INPUT_MAX);
	for (size_t i = 0; i < taken; i++) /* for AddressSanitizer */
		world->taken += ((const unsigned char *)data)[i];
	world->room -= taken;
	return taken;
}

static void ignore(void *owner)
{
	(void)owner;
}

static void take_resize(void *owner, unsigned short rows, unsigned short columns)
{
	((struct world *)owner)->taken += rows + columns;
}

static void take_control(void *owner, uint64_t ticket, const char *request, struct str_buf *out)
{
	struct world *world = owner;

	must(ticket && *request && strlen(request) < 256);
	for (const char *at = request; *at; at++)
		must((unsigned char)*at >= ' ' && *at != 0x7f);
	world->ticket = ticket;
	if (*request != 's') /* stop, status, ... later */
		str_append(out, "{}");
}

static int stop_now(struct loop_timer *timer, struct err *err)
{
	(void)err;
	loop_stop(((struct world *)timer->owner)->loop);
	return 0;
}

static void settle(struct world *world)
{
	struct err err;

	for (int i = 0; i < 4; i++) {
		world->stop = (struct loop_timer){ .expired = stop_now, .owner = world };
		loop_after(world->loop, &world->stop, 0);
		must(loop_run(world->loop, &err) == 0);
	}
}

static void tell_fifo(const char *name, const uint8_t *data, size_t size)
{
	autofd fd = openat(folder.fd, name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	must(fd >= 0);
	(void)!write(fd, data, size); /* a full one takes no more */
}

static void connect_to(struct world *world, size_t which, const char *name)
{
	struct err err;

	auto_close(&world->clients[which]);
	world->clients[which] = -1;
	must(control_connect(folder.path, name, &world->clients[which], &err) == 0);
}

static void apply(struct world *world, enum operation operation, size_t which, const uint8_t *data, size_t size)
{
	int fd = world->clients[which];
	char packet[ATTACH_OUTPUT_MAX + 1];

	switch (operation) {
	case CTL:
		tell_fifo("ctl", data, size);
		break;
	case WINSZ:
		tell_fifo("winsz", data, size);
		break;
	case ATTACH:
	case CONTROL:
		connect_to(world, which, operation == ATTACH ? "attach" : "control");
		break;
	case SEND:
		(void)send(fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
		break;
	case SEND_FD:
		(void)fd_send_part(fd, data, size, folder.fd);
		break;
	case END_SIDE:
		(void)shutdown(fd, size % 2 ? SHUT_WR : SHUT_RD);
		break;
	case HANG_UP:
		auto_close(&fd);
		world->clients[which] = -1;
		break;
	case OUTPUT:
		attach_write(world->attach, size % 2 ? STREAM_STDERR : STREAM_STDOUT, data, size);
		break;
	case ROOM:
		world->room = size;
		attach_continue(world->attach);
		break;
	case ANSWER:
		attach_answer(world->attach, world->ticket, "{\"late\": true}");
		break;
	case READ:
		(void)recv(fd, packet, sizeof(packet), MSG_DONTWAIT);
		break;
	case OPERATIONS:
		break;
	}
}

static unsigned int open_descriptors(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < 64; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static void remove_folder(void)
{
	(void)rmdir(folder.path);
}

static void make_folder(void)
{
	memcpy(folder.path, "/tmp/kavel-fuzz-XXXXXX", sizeof("/tmp/kavel-fuzz-XXXXXX"));
	must(mkdtemp(folder.path));
	folder.fd = open(folder.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	must(folder.fd >= 0);
	must(atexit(remove_folder) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = { .clients = { -1, -1, -1, -1 } };
	const struct attach_requests requests = {
		.owner = &world,
		.input = take_input,
		.input_end = ignore,
		.can_continue = ignore,
		.resize = take_resize,
		.reopen_logs = ignore,
		.control = take_control,
	};
	struct shim_settings settings = { .id = "x", .attach_wait_ms = size % 3 };
	unsigned int before;
	struct err err;

	if (!folder.path[0])
		make_folder();
	settings.run_dir = folder.path;
	before = open_descriptors();
	must(loop_open(&world.loop, &err) == 0);
	must(attach_open(&settings, world.loop, &requests, &world.attach, &err) == 0);
	while (size >= 3) {
		size_t length = data[2] < size - 3 ? data[2] : size - 3;

		apply(&world, data[0] % OPERATIONS, data[1] % CLIENTS, data + 3, length);
		settle(&world);
		data += 3 + length;
		size -= 3 + length;
	}
	for (size_t i = 0; i < CLIENTS; i++)
		auto_close(&world.clients[i]);
	settle(&world);
	attach_close(world.attach);
	loop_close(world.loop);
	must(open_descriptors() == before); /* none that was sent is left */
	return 0;
}
