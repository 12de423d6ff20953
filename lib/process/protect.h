/* A binary that a guest cannot write to (CVE-2019-5736).
 *
 * A guest's process that may trace others (CAP_SYS_PTRACE) can open /proc/PID/exe of a process that it sees, and write to that
 * file once nobody executes it any more.  A guest's first process is alone in its pid namespace, and becomes the launcher before
 * anything of the guest's runs; those of exec are the launcher when they enter it.  But a guest's first process that enters a pid
 * namespace where others are already is seen by them while it is still this program, and a guest without one of its own may see the
 * whole host. */
#pragma once

#include "base/err.h"

/* Unless this program runs from a sealed copy already, make one in memory and execute it with the same arguments, environment
 * and descriptors (those without close-on-exec): then it does not return.  For programs alone, before they have done anything
 * lasting: a library's caller would be started anew.
 * Errors: those of memfd_create(2), sendfile(2) and execveat(2); EACCES: the sysctl vm.memfd_noexec is 2. */
int protect_binary(struct err *err);
