/* Names of users, from /etc/passwd alone: no name service is asked, so nothing is loaded and nothing waited for. */
#pragma once

#include <sys/types.h>

#define USER_NAME_MAX 64

/* The name of a user: "root" or what was put into `name`; NULL when it has none there. */
const char *user_name(uid_t uid, char name[USER_NAME_MAX]);
