#include "logs/lines.h"

#include <errno.h>

void log_lines_free(struct log_lines *lines)
{
	for (int stream = 0; stream < LOG_STREAMS; stream++)
		str_buf_free(&lines->held[stream].text);
}

bool log_lines_flush(struct log_lines *lines, enum log_stream stream, struct log_line *ret)
{
	__typeof__(lines->held[0]) *held = &lines->held[stream];

	if (held->is_done || !held->text.size)
		return false;
	*ret = (struct log_line){
		.time = held->time,
		.time_size = held->time_size,
		.stream = stream,
		.begins = !held->is_begun,
		.text = held->text.data,
		.size = held->text.size,
	};
	held->is_begun = true;
	held->is_done = true;
	return true;
}

int log_lines_add(struct log_lines *lines, const struct log_entry *entry, struct log_line *ret)
{
	__typeof__(lines->held[0]) *held = &lines->held[entry->stream];

	if (held->is_done)
		held->text.size = 0;
	held->is_done = false;
	if (entry->is_complete && !held->text.size) { /* most lines: not copied */
		*ret = (struct log_line){
			.time = held->is_begun ? held->time : entry->time,
			.time_size = held->is_begun ? held->time_size : entry->time_size,
			.stream = entry->stream,
			.begins = !held->is_begun,
			.ends = true,
			.text = entry->text,
			.size = entry->size,
		};
		held->is_begun = false;
		return 1;
	}
	if (!held->text.size && !held->is_begun) {
		held->time_size = entry->time_size < sizeof(held->time) ? entry->time_size : sizeof(held->time);
		memcpy(held->time, entry->time, held->time_size);
	}
	str_append_n(&held->text, entry->text, entry->size);
	if (held->text.failed)
		return -ENOMEM;
	if (!entry->is_complete && held->text.size < LOG_LINE_HELD_MAX)
		return 0;
	if (!log_lines_flush(lines, entry->stream, ret))
		return 0;
	ret->ends = entry->is_complete;
	held->is_begun = !entry->is_complete;
	return 1;
}
