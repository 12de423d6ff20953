/* state.json: the text form of struct state. */
#pragma once

#include "container/state.h"

/* Append the record as one line of JSON. */
int record_encode(const struct state *state, struct str_buf *out, struct err *err);

/* Fill the record's members from a text; strings belong to the state afterwards. */
int record_decode(const char *text, size_t size, struct state *state, struct err *err);
