/* systemd-journald by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram per entry, fields as
 * NAME=VALUE lines, or NAME, newline, size in 64 bits, value, newline where a value has newlines.  An entry that is too large for a
 * datagram is sent as a sealed memory file.
 *
 * As conmon does, a part of a line waits for the rest of it, which is to be one entry: readers of the journal know no parts.  Only
 * what is longer than LOG_LINE_MAX is divided. */
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/str.h"
#include "log_driver.h"

#define SOCKET_PATH  "/run/systemd/journal/socket"
#define SHORT_ID     12
#define NAME_MAX_LEN 64 /* of a field */

struct journal {
	int fd;
	bool no_partial_message;
	struct journal_line {
		struct str_buf held; /* its beginning, whose rest has not come yet */
		bool is_divided;     /* the last entry was a part of it: the next one does not begin with a priority */
		char priority;	     /* of its first entry */
	} lines[2];
	struct str_buf same; /* fields that all entries have */
};

static void append_field(struct str_buf *out, const char *name, size_t name_size, const char *value)
{
	size_t size = strlen(value);
	uint64_t wire = htole64(size);

	str_append_n(out, name, name_size);
	if (strchr(value, '\n')) {
		str_append_n(out, "\n", 1);
		str_append_n(out, (const char *)&wire, sizeof(wire));
	} else {
		str_append_n(out, "=", 1);
	}
	str_append_n(out, value, size);
	str_append_n(out, "\n", 1);
}

/* journald drops fields that are called otherwise, and those that begin with _ are its own. */
static bool is_field_name(const char *name, size_t size)
{
	if (size == 0 || size > NAME_MAX_LEN || name[0] == '_' || (name[0] >= '0' && name[0] <= '9'))
		return false;
	for (size_t i = 0; i < size; i++)
		if (!((name[i] >= 'A' && name[i] <= 'Z') || (name[i] >= '0' && name[i] <= '9') || name[i] == '_'))
			return false;
	return true;
}

static int append_labels(const struct option_list *labels, struct str_buf *out, struct err *err)
{
	for (size_t i = 0; i < labels->count; i++) {
		const char *label = labels->items[i], *equals = strchr(label, '=');

		if (!equals)
			return err_user(err, "log label %s has no =", label);
		if (!is_field_name(label, (size_t)(equals - label)))
			return err_user(err,
					"log label %s: a field of the journal is called by A-Z, 0-9 and _, not first "
					"of it 0-9 or _",
					label);
		append_field(out, label, (size_t)(equals - label), equals + 1);
	}
	return 0;
}

static int append_same(const struct log_settings *settings, struct str_buf *out, struct err *err)
{
	const char *id = settings->id ? settings->id : "";
	char short_id[SHORT_ID + 1];
	const struct {
		const char *name, *value;
	} fields[] = {
		{ "CONTAINER_ID", short_id },
		{ "CONTAINER_ID_FULL", id },
		{ "CONTAINER_NAME", settings->name },
		{ "CONTAINER_TAG", settings->tag },
		{ "SYSLOG_IDENTIFIER", settings->tag && *settings->tag ? settings->tag : short_id },
	};

	(void)snprintf(short_id, sizeof(short_id), "%.*s", SHORT_ID, id);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].value && *fields[i].value)
			append_field(out, fields[i].name, strlen(fields[i].name), fields[i].value);
	return append_labels(&settings->labels, out, err);
}

static int connect_to(const char *path, int *ret_fd, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	autofd fd = -1;

	if (strlen(path) >= sizeof(address.sun_path))
		return err_set(err, ENAMETOOLONG, "journal socket %s", path);
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(err, errno, "journal socket");
	/* only a connected socket says by poll(2) that the other one takes more */
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return err_sys(err, errno, "connect to the journal at %s", path);
	*ret_fd = take_fd(&fd);
	return 0;
}

static void journal_free(struct journal *journal)
{
	auto_close(&journal->fd);
	str_buf_free(&journal->same);
	str_buf_free(&journal->lines[STREAM_STDOUT].held);
	str_buf_free(&journal->lines[STREAM_STDERR].held);
	free(journal);
}

static int fill(struct journal *journal, const struct log_target *target, struct err *err)
{
	int r = append_same(target->settings, &journal->same, err);

	if (r < 0)
		return r;
	if (journal->same.failed)
		return err_memory(err);
	journal->no_partial_message = target->settings->no_partial_message;
	return connect_to(*target->path ? target->path : SOCKET_PATH, &journal->fd, err);
}

static int journal_open(const struct log_target *target, void **ret_state, struct err *err)
{
	struct journal *journal = calloc(1, sizeof(*journal));
	int r;

	if (!journal)
		return err_memory(err);
	journal->fd = -1;
	r = fill(journal, target, err);
	if (r < 0) {
		journal_free(journal);
		return r;
	}
	*ret_state = journal;
	return 0;
}

/* The parts of one entry: first what differs, then what is the same in all. */
struct entry {
	struct iovec parts[5];
	int count;
	char priority[sizeof("PRIORITY=6\nMESSAGE=")];
};

static void add_part(struct entry *entry, const char *data, size_t size)
{
	entry->parts[entry->count++] = (struct iovec){ .iov_base = (void *)(uintptr_t)data, .iov_len = size };
}

static void make_entry(const struct journal *journal, char priority, const struct log_piece *piece, struct entry *entry)
{
	static const char partial[] = "CONTAINER_PARTIAL_MESSAGE=true\n";

	entry->count = 0;
	(void)snprintf(entry->priority, sizeof(entry->priority), "PRIORITY=%c\nMESSAGE=", priority);
	add_part(entry, entry->priority, sizeof(entry->priority) - 1);
	add_part(entry, piece->text, piece->size); /* no newline is in it; any other byte is allowed */
	add_part(entry, "\n", 1);
	if (!piece->is_complete && !journal->no_partial_message)
		add_part(entry, partial, sizeof(partial) - 1);
	add_part(entry, journal->same.data, journal->same.size);
}

/* A file without a name that nobody can change any more: journald takes no other. */
static int send_as_file(const struct journal *journal, const struct entry *entry)
{
	/* without MFD_NOEXEC_SEAL: journald before version 254 wants just the four seals below */
	autofd file = memfd_create("journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (file < 0)
		return -errno;
	for (int i = 0; i < entry->count; i++) {
		int r = fd_write_all(file, entry->parts[i].iov_base, entry->parts[i].iov_len);

		if (r < 0)
			return r;
	}
	if (fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		return -errno;
	return fd_send(journal->fd, "", 0, file);
}

static int send_entry(const struct journal *journal, struct entry *entry)
{
	const struct msghdr message = { .msg_iov = entry->parts, .msg_iovlen = (size_t)entry->count };
	ssize_t n;

	do {
		n = sendmsg(journal->fd, &message, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	if (n >= 0)
		return 0;
	return errno == EMSGSIZE || errno == ENOBUFS ? send_as_file(journal, entry) : -errno;
}

static int send_piece(struct journal *journal, enum stream stream, struct log_piece piece, struct err *err)
{
	struct journal_line *line = &journal->lines[stream];
	char priority = line->is_divided ? line->priority : stream == STREAM_STDERR ? '3' : '6';
	struct entry entry;
	int r;

	if (!line->is_divided && piece.size >= 3 && piece.text[0] == '<' && piece.text[1] >= '0' &&
	    piece.text[1] <= '7' && piece.text[2] == '>') { /* sd-daemon(3) */
		priority = piece.text[1];
		piece.text += 3;
		piece.size -= 3;
	}
	make_entry(journal, priority, &piece, &entry);
	r = send_entry(journal, &entry);
	if (r == -EAGAIN)
		return r;
	if (r < 0)
		return err_sys(err, -r, "send to the journal");
	line->is_divided = !piece.is_complete;
	line->priority = priority;
	return 0;
}

/* Send what is held, and with it the piece that comes next. */
static int send_held(struct journal *journal, enum stream stream, const struct log_piece *next, struct err *err)
{
	struct str_buf *held = &journal->lines[stream].held;
	size_t before = held->size;
	struct log_piece whole = { .is_complete = next->is_complete };
	int r;

	str_append_n(held, next->text, next->size);
	if (held->failed)
		return err_memory(err);
	whole.text = held->data;
	whole.size = held->size;
	r = send_piece(journal, stream, whole, err);
	if (r == 0)
		str_buf_free(held);
	else
		held->size = before;
	return r;
}

static int hold(struct journal *journal, enum stream stream, const struct log_piece *piece, struct err *err)
{
	struct str_buf *held = &journal->lines[stream].held;

	str_append_n(held, piece->text, piece->size);
	return held->failed ? err_memory(err) : 0;
}

static int write_piece(struct journal *journal, enum stream stream, const struct log_piece *piece, bool is_last,
		       struct err *err)
{
	const struct str_buf *held = &journal->lines[stream].held;

	if (held->size + piece->size > LOG_LINE_MAX && held->size) {
		int r = send_held(journal, stream, &(const struct log_piece){ .text = "" }, err);

		if (r < 0)
			return r;
	}
	if (is_last && !piece->is_complete && held->size + piece->size < LOG_LINE_MAX)
		return hold(journal, stream, piece, err);
	return held->size ? send_held(journal, stream, piece, err) : send_piece(journal, stream, *piece, err);
}

static int journal_write(void *state, const struct log_chunk *chunk, size_t *done, struct err *err)
{
	struct journal *journal = state;
	struct journal_line *line = &journal->lines[chunk->stream];
	int r = 0;

	while (*done < chunk->size) {
		struct log_piece piece = log_next_piece(chunk, *done);

		r = write_piece(journal, chunk->stream, &piece, *done + piece.taken == chunk->size, err);
		if (r < 0)
			return r;
		*done += piece.taken;
	}
	if (chunk->is_end && line->held.size)
		r = send_held(journal, chunk->stream, &(const struct log_piece){ .text = "", .is_complete = true },
			      err);
	if (chunk->is_end && r == 0)
		line->is_divided = false; /* an empty entry would be a line of its own to readers */
	return r;
}

static size_t journal_close(void *state)
{
	struct journal *journal = state;
	struct err ignored; /* what is lost is counted */
	size_t lost = 0;

	for (enum stream stream = STREAM_STDOUT; stream <= STREAM_STDERR; stream++) {
		size_t held = journal->lines[stream].held.size;

		if (held && send_held(journal, stream, &(const struct log_piece){ .text = "" }, &ignored) < 0)
			lost += held;
	}
	journal_free(journal);
	return lost;
}

static int journal_fd(const void *state)
{
	return ((const struct journal *)state)->fd;
}

const struct log_driver log_journald = {
	.name = "journald",
	.open = journal_open,
	.close = journal_close,
	.write = journal_write,
	.fd = journal_fd,
};
