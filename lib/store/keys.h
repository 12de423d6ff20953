/* The keys by which a terminal is detached from a guest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define KEYS_MAX 16

struct keys {
	char bytes[KEYS_MAX];
	size_t count;	/* 0: there are none */
	size_t matched; /* how many of them were typed just now */
};

/* Parse such as "ctrl-p,ctrl-q": single characters, and ctrl- with one of a to z, @ [ \ ] ^ _.  "" is none.
 * Errors: EINVAL. */
int keys_parse(const char *text, struct keys *ret, struct err *err);

/* Take what was typed.  What belongs to no sequence goes to `out`, which has room for size + KEYS_MAX bytes; the beginning of one is
 * held back until more is typed.  Returns true when the keys are complete: what was typed after them is lost. */
bool keys_take(struct keys *keys, const char *typed, size_t size, char *out, size_t *ret_size);
