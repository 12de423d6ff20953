/* The guest's last step before the user's program.
 *
 * A process that executes /proc/self/exe inside the guest would run, and could then open for writing, the binary
 * that its own process was made from (CVE-2019-5736); and one that waits to be started would keep the caller's memory
 * and environment.  So the guest side first becomes the launcher: a freestanding program of about a KiB, embedded in
 * libkavel, executed from a sealed memfd.  It has nothing but the descriptors and strings below, and is not dumpable;
 * it waits to be started, loads the seccomp program as its last act, and executes the user's program. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "base/filter.h"

struct label_exec;

struct launch {
	const char *path;   /* of the user's program, inside the guest */
	char *const *argv;  /* NULL-terminated */
	char *const *envp;  /* NULL-terminated */
	int listen_fd;	    /* a listening AF_UNIX SOCK_SEQPACKET socket: one connection is accepted, one byte on it is
			     * awaited (end of file: the launcher waits for the next connection), then it becomes the
			     * status socket; -1: start at once.  Peers other than root, the guest's user and the
			     * user who called listen(2) are turned away */
	int status_fd;	    /* with listen_fd -1: a connected socket; -1: none */
	const struct seccomp_filter *filter; /* loaded just before execve(2); NULL: none */
	int handover_fd;    /* a connected SOCK_SEQPACKET socket for the filter's listener, if it has one; 0: the status
			     * socket */
	unsigned int drop_admin; /* what caps_keep_admin() returned: given up before the filter is loaded */
	const struct label_exec *label; /* written before that; NULL: none */
	bool no_new_privileges;	 /* set them after the label, which they may forbid; without one the caller has done so */
	int program_fd;	    /* from launch_open() with the same filter; 0: launch() makes it */
	unsigned int birth; /* LAUNCH_BIRTH_...: see struct launch_birth; 0: the program runs in this process */
};

/* For a guest's further processes.  The caller has become all that such a process is, except that it is in no pid namespace of the
 * guest's (it has joined one by setns(2), which moves only children there): so nobody in there could see what it had open and in
 * its memory.  The launcher, who has nothing, clones the process in which the program runs: a sibling of its own, leader of a
 * new session.  On the status socket it tells its number, as seen from the caller's pid namespace, and ends. */
#define LAUNCH_BIRTH_PLAIN    1u
#define LAUNCH_BIRTH_TERMINAL 2u /* descriptor 0 becomes the controlling terminal */
#define LAUNCH_BIRTH_WAIT     4u /* it first waits for a byte on the status socket */
struct launch_birth {
	int pid, zero[3];
};

/* What the launcher writes to the status socket when writing the label, loading the filter or execve(2) failed; on success the socket is
 * just closed, as it is close-on-exec.  After writing, the launcher waits for end of file, so that the host side can
 * look into the guest's root by /proc/PID/root to explain the failure, and exits with status 127. */
struct launch_failure {
	int number; /* errno */
	int stage;  /* enum launch_stage */
};
enum launch_stage { LAUNCH_SECCOMP, LAUNCH_EXEC, LAUNCH_LABEL, LAUNCH_BIRTH };

/* With a filter that has a listener (filter_has_listener()), the launcher sends the listener: one byte and the descriptor, after
 * the filter is loaded.  It goes on when a byte comes back, and ends at end of file. */

/* Make the launcher's memfd, with the filter (may be NULL) in it; close-on-exec.  Needed apart from launch() only where a
 * limit that is applied between them, such as RLIMIT_FSIZE, would forbid it.
 * Errors: those of memfd_create(2) and write(2); EACCES: the sysctl vm.memfd_noexec is 2. */
int launch_open(const struct seccomp_filter *filter, int *ret_fd, struct err *err);

/* Become the launcher.  All signals must already be as the user's program shall find them.  Descriptors other than
 * 0, 1, 2, those of `launch` and those without close-on-exec are gone afterwards.  Returns only on failure: those of
 * launch_open() and execve(2), such as E2BIG for too many arguments. */
int launch(const struct launch *launch, struct err *err);
