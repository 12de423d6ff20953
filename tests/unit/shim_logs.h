/* A log in a temporary folder, for the tests of kavel-shim's logs. */
#pragma once

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "folder.h"
#include "logs.h"
#include "unit.h"

#define TIME_SIZE 36 /* "2026-01-02T03:04:05.123456789+00:00 " */

static struct folder folder;
static struct loop *loop;
static struct log_settings settings;
static struct logs *logs;
static struct err err;
static char spec[128];
static const char *specs[3];
static int continued;

static inline void count_continue(void *owner)
{
	(void)owner;
	continued++;
}

static inline void prepare(const char *driver)
{
	folder_make(&folder);
	CHECK(loop_open(&loop, &err) == 0);
	(void)snprintf(spec, sizeof(spec), "%s%s/log", driver, folder.path);
	specs[0] = spec;
	settings = (struct log_settings){ .paths = { .items = specs, .count = 1 } };
	continued = 0;
}

static inline void start(void)
{
	logs = NULL;
	if (!CHECK(logs_open(&settings, loop, count_continue, NULL, &logs, &err) == 0))
		printf("# %s\n", err.text);
}

static inline void finish(void)
{
	logs_close(logs);
	loop_close(loop);
	folder_remove(&folder);
}

static inline void out(const char *text)
{
	logs_write(logs, STREAM_STDOUT, text, strlen(text));
}

static inline void errors(const char *text)
{
	logs_write(logs, STREAM_STDERR, text, strlen(text));
}

static inline int stop(struct loop_timer *timer, struct err *failure)
{
	(void)timer;
	(void)failure;
	loop_stop(loop);
	return 0;
}

static inline void run_for(int64_t ms)
{
	struct loop_timer timer = { .expired = stop };

	loop_after(loop, &timer, ms);
	CHECK(loop_run(loop, &err) == 0);
}

static inline size_t size_of(const char *name)
{
	struct stat st;

	return fstatat(folder.fd, name, &st, 0) == 0 ? (size_t)st.st_size : 0;
}

static inline char *whole(const char *name)
{
	size_t size;
	char *data = NULL;

	if (!CHECK(file_read(folder.fd, name, 1 << 28, &data, &size, &err) == 0)) {
		printf("# %s\n", err.text);
		return strdup("");
	}
	return data;
}

/* The file without the times of its lines, whose shape is checked. */
static inline char *k8s(const char *name)
{
	autofree char *data = whole(name);
	char *lines = strdup(data), *to = lines;

	for (const char *from = data; *from; from = strchr(from, '\n') + 1) {
		const char *newline = strchr(from, '\n');

		if (!CHECK(newline && newline - from > TIME_SIZE && from[10] == 'T' && from[19] == '.' &&
			   strncmp(from + 29, "+00:00 ", 7) == 0))
			break;
		memcpy(to, from + TIME_SIZE, (size_t)(newline - from) - TIME_SIZE + 1);
		to += newline - from - TIME_SIZE + 1;
	}
	*to = '\0';
	return lines;
}

static inline void has(const char *name, const char *text)
{
	autofree char *lines = k8s(name);

	CHECK_STR(lines, text);
}

#define LINE_SIZE (TIME_SIZE + 9 + 8) /* of "line 01" */

/* Lines of the same size. */
static inline void numbers(int first, int last)
{
	for (int i = first; i <= last; i++) {
		char line[24];

		(void)snprintf(line, sizeof(line), "line %02d\n", i);
		out(line);
	}
}
