#include "outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct outbox_packet {
	struct outbox_packet *next;
	size_t size;
	char data[]; /* with the head */
};

enum answer { TAKEN, LATER, GONE };

static enum answer send_packet(int fd, struct iovec *parts, size_t count)
{
	const struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };

	for (;;) {
		if (sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return TAKEN;
		if (errno == EAGAIN || errno == ENOBUFS || errno == ENOMEM)
			return LATER;
		if (errno != EINTR)
			return GONE;
	}
}

static void append(struct outbox *outbox, char head, const void *data, size_t size)
{
	struct outbox_packet *packet;

	if (outbox->bytes + size + 1 > OUTBOX_MAX || !(packet = malloc(sizeof(*packet) + size + 1))) {
		outbox->dropped += size;
		return;
	}
	packet->next = NULL;
	packet->size = size + 1;
	packet->data[0] = head;
	memcpy(packet->data + 1, data, size);
	if (outbox->last)
		outbox->last->next = packet;
	else
		outbox->first = packet;
	outbox->last = packet;
	outbox->bytes += packet->size;
}

bool outbox_send(struct outbox *outbox, int fd, char head, const void *data, size_t size)
{
	struct iovec parts[] = { { .iov_base = &head, .iov_len = 1 }, { .iov_base = (void *)data, .iov_len = size } };
	enum answer answer = outbox->first ? LATER : send_packet(fd, parts, 2);

	if (answer == LATER)
		append(outbox, head, data, size);
	return answer != GONE;
}

static void drop_first(struct outbox *outbox)
{
	struct outbox_packet *packet = outbox->first;

	outbox->first = packet->next;
	if (!outbox->first)
		outbox->last = NULL;
	outbox->bytes -= packet->size;
	free(packet);
}

bool outbox_flush(struct outbox *outbox, int fd, bool *ret_progress)
{
	*ret_progress = false;
	while (outbox->first) {
		struct iovec part = { .iov_base = outbox->first->data, .iov_len = outbox->first->size };
		enum answer answer = send_packet(fd, &part, 1);

		if (answer != TAKEN)
			return answer != GONE;
		drop_first(outbox);
		*ret_progress = true;
	}
	return true;
}

void outbox_clear(struct outbox *outbox)
{
	while (outbox->first)
		drop_first(outbox);
}
