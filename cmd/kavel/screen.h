/* A terminal that is drawn on: raw, on its alternate screen, and given back as it was however the program ends. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <termios.h>

#include "base/err.h"
#include "base/str.h"

struct screen {
	size_t columns, rows;
	int signals; /* signalfd: resizing, and what ends a program */
	int input;   /* the terminal */
	struct termios before;
	bool is_open;
};
#define SCREEN_CLOSED { .signals = -1, .input = -1 }

/* Errors: ENOTTY when standard input or output is no terminal. */
int screen_open(struct screen *screen, struct err *err);

/* Give the terminal back.  Does nothing when it was not opened. */
void screen_close(struct screen *screen);

/* Replace what is shown by this text of lines. */
int screen_draw(const struct screen *screen, const struct str_buf *text, struct err *err);

/* What happened. */
enum screen_event {
	SCREEN_TIMEOUT,
	SCREEN_RESIZED, /* columns and rows are new */
	SCREEN_KEY,	/* *ret_key: a character; '\0': one that is not understood */
	SCREEN_END,	/* a signal asks the program to end, or the terminal is gone */
};

/* Wait for something to happen, at most `timeout_ms`. */
enum screen_event screen_wait(struct screen *screen, int timeout_ms, char *ret_key);
