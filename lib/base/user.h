/* Users: their names, and whether root is the host's.  Names come from /etc/passwd alone: no name service is asked, so nothing is loaded and nothing waited for. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#define USER_NAME_MAX 64

/* The name of a user: "root" or what was put into `name`; NULL when it has none there. */
const char *user_name(uid_t uid, char name[USER_NAME_MAX]);

/* True if this process has that capability (CAP_...) in effect. */
bool user_has_capability(int capability);

/* True for root, unless he is so only in a user namespace that a user made for himself, as podman-unshare(1) does.  Costs a look at
 * /proc only where XDG_RUNTIME_DIR is set, which it is for such a user. */
bool user_is_host_root(void);

/* True in the user namespace of the host, in which 0 is root; false in one that somebody made, and where that cannot be told. */
bool user_ns_is_initial(void);
