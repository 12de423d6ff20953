/* Names of users and groups, looked up in the guest's own /etc/passwd and /etc/group. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct guest_request;

struct guest_user {
	uint32_t uid, gid;
	uint32_t *groups; /* additional ones; freed by the caller */
	size_t group_count;
};

/* USER[:GROUP], each a name or a number.  Without a group it is the user's own, or 0 for a number that has no name.
 * Errors: there is no such user or group. */
int user_find(const struct guest_request *request, const char *text, struct guest_user *ret, struct err *err);

/* The same from the texts of the two files, "" for one that is not there. */
int user_parse(const char *text, const char *passwd, const char *group, struct guest_user *ret, struct err *err);
