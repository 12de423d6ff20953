/* The wire: messages between the host side and the guest side of one create.
 *
 * A SOCK_SEQPACKET pair; each message is one packet.  Which side says what, and when, stands in the two stage tables
 * (host.c, guest.c); a unit test walks both and proves that neither ever waits for a message that is never sent.  End of
 * file means that the other side ended, or, for the host side at the end of a create, that the guest became the launcher
 * (its end of the wire is close-on-exec). */
#pragma once

#include <errno.h>
#include <sys/types.h>

#include "base/err.h"

enum wire_message {
	MSG_NONE,
	MSG_RIGHTS_GIVEN, /* host: what only it may do to a guest with a user namespace is done, its mappings above all */
	MSG_PLACED,	  /* host: the guest's process is in the cgroup that systemd made around it (with a descriptor, when the
			   * guest manages a group below that: its cgroup.procs) */
	MSG_WANT_HOOKS,	  /* guest: the rootfs is mounted; prestart and createRuntime hooks may run */
	MSG_HOST_READY,	  /* host: the state is on disk and the hooks have run; go on */
	MSG_WANT_DEVICES, /* guest: in its network namespace; linux.netDevices may be moved there */
	MSG_DEVICES_READY, /* host: they are there */
	MSG_TERMINAL,	  /* guest: here is the master of the terminal (a descriptor comes along) */
	MSG_FAILED,	  /* guest: set-up failed; a struct err follows in the packet */
	MSG_COUNT
};

/* The errno of "the other side ended without a word": one that no operation of a guest's set-up has, so that it is not taken
 * for what the guest told of itself.  Who hears it looks why, and says so. */
#define WIRE_GONE EOWNERDEAD

/* Name of a message, for texts and tests. */
const char *wire_message_name(enum wire_message message);

/* Make the pair, close-on-exec. */
int wire_make(int *ret_host, int *ret_guest, struct err *err);

/* Send a message, with a descriptor unless fd is -1.  When the other side is gone, what it said last becomes the error:
 * its failure, or WIRE_GONE. */
int wire_tell(int wire, enum wire_message message, int fd, struct err *err);

/* Send MSG_FAILED with a description.  A failure to send is not told: the other side is gone. */
void wire_tell_failure(int wire, const struct err *failure);

/* Wait for a message.  When MSG_FAILED comes instead, its description becomes the error.  End of file is WIRE_GONE.
 * *ret_fd: the descriptor that comes along with MSG_TERMINAL, and may come with MSG_PLACED, close-on-exec; else -1. */
int wire_hear(int wire, enum wire_message expected, int *ret_fd, struct err *err);

/* What the launcher sends when it has loaded a filter that has a listener. */
struct wire_listener {
	int fd;
	pid_t pid; /* of the process, as seen from here */
};

#define WIRE_FAILED   1
#define WIRE_LISTENER 2

/* Host side of an exec: wait until the launcher, process `between`, has made the process of the program (struct launch_birth).  The wire
 * has SO_PASSCRED: another process' word, which may be hostile, does not count.  *ret_pid: its number; 0: there is none.
 * Returns 0; WIRE_FAILED, as below, with or without a process; or the error of the guest side, which may be WIRE_GONE. */
int wire_hear_birth(int wire, pid_t between, pid_t *ret_pid, int *ret_number, int *ret_stage, struct err *err);

/* Host side, at the end: wait until the guest became the launcher and, when it starts at once, until that executed the
 * program.  Returns 0 for end of file; WIRE_FAILED when the launcher reported that it could not execute the program
 * (*ret_number: the errno, *ret_stage: enum launch_stage); WIRE_LISTENER when it, or that of a hook, sent a listener and waits
 * for wire_go_on() (ret_listener NULL: that is an error); or the guest's error, which may be WIRE_GONE. */
int wire_await_launch(int wire, struct wire_listener *ret_listener, int *ret_number, int *ret_stage, struct err *err);

/* The listener is where it belongs: let the launcher go on. */
int wire_go_on(int wire, struct err *err);
