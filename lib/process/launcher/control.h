/* What launch() and the launcher agree on. */
#pragma once

/* Numbers of the control argument, decimal, in this order, separated by colons. */
enum control_field {
	CONTROL_LISTEN,	      /* descriptor, or CONTROL_NONE */
	CONTROL_STATUS,	      /* descriptor, or CONTROL_NONE */
	CONTROL_HANDOVER,     /* descriptor for the filter's listener, or CONTROL_NONE: the status socket */
	CONTROL_ADDRESS,      /* where the seccomp program lies in memory; with a listener, its pass behind it */
	CONTROL_INSTRUCTIONS, /* how long it is; 0: none */
	CONTROL_FLAGS,	      /* of seccomp(2) */
	CONTROL_DROP,	      /* CONTROL_DROP_...: where CAP_SYS_ADMIN was kept for loading it */
	CONTROL_LABEL,	      /* directory descriptor, or CONTROL_NONE: a security label is to be written below it */
	CONTROL_NO_NEW_PRIVS, /* 1: set them after the label was written */
	CONTROL_BIRTH,	      /* CONTROL_BIRTH_...: the program runs in a new process; 0: in this one */
	CONTROL_COUNT,
};
#define CONTROL_NONE 0xffffffffu

#define CONTROL_DROP_AMBIENT	 1u
#define CONTROL_DROP_INHERITABLE 2u

#define CONTROL_BIRTH_PLAIN    1u
#define CONTROL_BIRTH_TERMINAL 2u /* whose controlling terminal is that on descriptor 0 */
#define CONTROL_BIRTH_WAIT     4u /* which first waits for a byte on the status socket */

/* Values of enum launch_stage; launch.c checks that they are the same. */
#define CONTROL_STAGE_SECCOMP 0
#define CONTROL_STAGE_EXEC    1
#define CONTROL_STAGE_LABEL   2
#define CONTROL_STAGE_BIRTH   3
