/* `kavel plan`: the decisions in words, one line each. */
#pragma once

#include "container/plan.h"

void plan_print(const struct plan *plan, struct str_buf *out);
