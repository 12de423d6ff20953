/* The processes of a group. */
#pragma once

#include "base/err.h"
#include "base/proc.h"

/* List the processes of the group and of those below it, sorted, each once.  Those that the caller's pid namespace does
 * not have are left out.  Returns 0 or -errno (no text); items is set in any case. */
int group_list(int dir, struct pid_list *list);

/* Send a signal to each process that is in the group: never to another one that got its number meanwhile.
 * Returns 0 or -errno (no text). */
int group_signal(int dir, int signal);

/* "process 12 (name, state D)" in `text`, of a process that is in the group; "" when it is empty. */
#define GROUP_MEMBER_TEXT_MAX 80
void group_describe_member(int dir, char text[GROUP_MEMBER_TEXT_MAX]);
