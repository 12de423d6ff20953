/* From "DRIVER:PATH" to the driver. */
#pragma once

#include <stdbool.h>

#include "log_driver.h"

struct log_choice {
	const struct log_driver *driver; /* NULL: no log */
	const char *path;		 /* as written; "": none */
	bool passes_through;		 /* the guest has the shim's own streams */
};

/* A driver with or without a path, or a path alone, which is a k8s-file.  Errors: no such driver; a path is missing. */
int log_choose(const char *text, struct log_choice *ret, struct err *err);
