/* The command line of a guest's shim. */
#pragma once

#include "store/shim.h"

struct shim_words {
	char **items; /* NULL-terminated */
	char **environment;
	struct arena arena;
};

/* Make it from the guest's settings.  Errors: ENOMEM. */
int shim_words_make(const struct store *store, const struct guest *guest, const struct shim_call *call, bool adopt,
		    struct shim_words *ret, struct err *err);
void shim_words_free(struct shim_words *words);
