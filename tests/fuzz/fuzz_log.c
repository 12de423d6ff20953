/* Any output of a guest, in any pieces, through the shim's logs and their rotation, and read again: every byte comes back, in its
 * place.  And any bytes as a log file: they are read to their end, and never as more than there is.
 *
 * An input is a byte, and the log file if its bit 7 is set.  Else it chooses the size of a file, and operations follow, each a
 * byte that says what and how much: bits 6 and 7 are 0 write to stdout, 1 write to stderr, 2 the stream (bit 0) ends or the logs
 * are opened anew (bit 1), 3 write to stdout, REPEATED times; the low bits are a size. */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/str.h"
#include "folder.h"
#include "logs.h"
#include "logs/lines.h"
#include "logs/reader.h"
#include "unit.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The checks of the helpers end the run. */
bool unit_check(bool holds, const char *condition, const char *file, int line)
{
	(void)condition;
	(void)file;
	(void)line;
	if (!holds)
		abort(); /* how a fuzzer is told */
	return holds;
}

bool unit_check_str(const char *text, const char *wanted, const char *file, int line)
{
	return unit_check(str_eq(text, wanted), wanted, file, line);
}

#define REPEATED       150
#define OPERATIONS_MAX 2000 /* bytes: a rotation renames all files */

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void can_continue(void *owner)
{
	(void)owner;
}

struct play {
	struct logs *logs;
	struct str_buf written[2]; /* what must come back */
	bool is_plain;		   /* nothing that the JSON format cannot keep */
};

static void write_bytes(struct play *play, enum stream stream, const uint8_t *data, size_t size)
{
	logs_write(play->logs, stream, data, size);
	str_append_n(&play->written[stream], (const char *)data, size);
	for (size_t i = 0; i < size; i++)
		play->is_plain = play->is_plain && data[i] < 0x80;
}

static void end_stream(struct play *play, enum stream stream)
{
	struct str_buf *written = &play->written[stream];

	logs_end(play->logs, stream);
	if (written->size && written->data[written->size - 1] != '\n')
		str_append(written, "\n");
}

static void run_operations(struct play *play, const uint8_t *at, const uint8_t *end)
{
	while (at < end) {
		uint8_t operation = *at++;
		size_t size = operation & 63, left = (size_t)(end - at);

		if (operation >> 6 == 2) {
			if (operation & 1)
				end_stream(play, operation >> 2 & 1);
			if (operation & 2)
				logs_reopen(play->logs);
			continue;
		}
		if (size > left)
			size = left;
		if (operation >> 6 == 3 && left) {
			for (int i = 0; i < REPEATED; i++)
				write_bytes(play, STREAM_STDOUT, at, size);
		} else {
			write_bytes(play, operation >> 6 & 1, at, size);
		}
		at += size;
	}
}

static void open_loop_and_logs(const struct log_settings *settings, struct loop **loop, struct play *play)
{
	struct err err;

	must(loop_open(loop, &err) == 0);
	must(logs_open(settings, *loop, can_continue, NULL, &play->logs, &err) == 0);
}

/* What the log says that the streams were. */
static void read_back(const char *path, struct str_buf streams[2])
{
	struct log_reader *reader;
	struct log_entry entry;
	struct err err;
	int r;

	must(log_reader_open(path, &reader, &err) == 0);
	while ((r = log_reader_next(reader, &entry, &err)) > 0) {
		str_append_n(&streams[entry.stream], entry.text, entry.size);
		if (entry.is_complete)
			str_append(&streams[entry.stream], "\n");
	}
	must(r == 0 && log_reader_strange(reader) == 0);
	log_reader_close(reader);
}

static void check_log(const char *path, const struct play *play)
{
	struct str_buf streams[2] = { { 0 } };

	read_back(path, streams);
	for (int i = 0; i < 2; i++) {
		must(streams[i].size == play->written[i].size);
		must(!streams[i].size || memcmp(streams[i].data, play->written[i].data, streams[i].size) == 0);
		str_buf_free(&streams[i]);
	}
}

static void play_guest(const struct folder *folder, const uint8_t *data, size_t size)
{
	static const uint64_t sizes[] = { 0, 500, 2000, 10000, 100000 };
	char cri[80], json[96];
	const char *paths[] = { cri, json };
	struct log_settings settings = {
		.paths = { .items = paths, .count = 2 },
		.size_max = sizes[data[0] % ARRAY_SIZE(sizes)],
		.files_max = 1000000,
	};
	struct play play = { .is_plain = true };
	struct loop *loop;

	(void)snprintf(cri, sizeof(cri), "%s/cri", folder->path);
	(void)snprintf(json, sizeof(json), "json-file:%s/json", folder->path);
	open_loop_and_logs(&settings, &loop, &play);
	run_operations(&play, data + 1, data + (size < OPERATIONS_MAX ? size : OPERATIONS_MAX));
	end_stream(&play, STREAM_STDOUT);
	end_stream(&play, STREAM_STDERR);
	must(logs_counters(play.logs).dropped == 0);
	logs_close(play.logs);
	loop_close(loop);
	check_log(cri, &play);
	if (play.is_plain)
		check_log(json + strlen("json-file:"), &play);
	for (int i = 0; i < 2; i++)
		str_buf_free(&play.written[i]);
}

/* The bytes as a log of two files. */
static void read_anything(const struct folder *folder, const uint8_t *data, size_t size)
{
	const struct log_filter filter = { .streams = { true, true } };
	struct log_lines lines = { 0 };
	struct log_reader *reader;
	struct log_entry entry;
	struct log_line line;
	size_t total = 0;
	struct err err;
	char path[80];
	int r;

	for (int i = 0; i < 2; i++) {
		autofd fd = openat(folder->fd, i ? "any" : "any.1", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

		must(fd >= 0 && fd_write_all(fd, data + (i ? size / 2 : 0), i ? size - size / 2 : size / 2) == 0);
	}
	(void)snprintf(path, sizeof(path), "%s/any", folder->path);
	must(log_reader_open(path, &reader, &err) == 0);
	if (data[0] & 1)
		must(log_reader_go_to_last(reader, data[0] >> 1, &filter, &err) == 0);
	while ((r = log_reader_next(reader, &entry, &err)) > 0) {
		total += entry.size;
		must(total <= size);
		if (log_lines_add(&lines, &entry, &line) > 0)
			must(line.size <= size);
	}
	must(r == 0);
	log_reader_close(reader);
	log_lines_free(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct folder folder;

	if (size < 2)
		return 0;
	folder_make(&folder);
	if (data[0] & 0x80)
		read_anything(&folder, data, size);
	else
		play_guest(&folder, data, size);
	folder_remove(&folder);
	return 0;
}
