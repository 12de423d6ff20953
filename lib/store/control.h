/* The shim of a guest, as seen from outside: is it there, and what does it answer on its control socket (specs/shim.md)?
 *
 * run: the guest's run directory, struct guest.run. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

/* The pid of the shim that lives there, or 0: the file `pid` is locked while it lives.  Errors: the file cannot be read. */
int control_shim(const char *run, pid_t *ret, struct err *err);

/* Called a few times a second while an answer is waited for. */
typedef void (*control_tell)(void *context);

/* Ask for one thing ("status", "stop 10000") and wait for the answer, which is appended to `answer` as the JSON text it is.
 * timeout_ms: -1 waits as long as the shim lives.  tell may be NULL.
 * Returns 0; 1 when no shim listens or it ended without an answer; or an error: ETIMEDOUT; what the shim said in
 * {"error": ...}. */
int control_request(const char *run, const char *request, int timeout_ms, control_tell tell, void *context,
		    struct str_buf *answer, struct err *err);

/* Connect to one of the sockets there, such as "attach", of type SOCK_SEQPACKET, however long the path is.
 * Returns 0, 1 when nobody listens, or an error. */
int control_connect(const char *run, const char *socket_name, int *ret_fd, struct err *err);
