/* process.apparmorProfile and process.selinuxLabel: what the kernel's security module is to confine the user's program by.
 *
 * label_plan() decides; label_open() takes hold of a procfs that is no guest's; label_prepare() makes sure that the label can be
 * had, so that create fails and not start; the launcher (launch.h) writes it as the last thing before the user's program. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "spec/spec.h"

#define LABEL_APPARMOR_PROPERTY "process.apparmorProfile"
#define LABEL_SELINUX_PROPERTY	"process.selinuxLabel"

/* What this host's kernel enforces. */
struct label_host {
	bool apparmor, selinux;
};
bool label_has_apparmor(void); /* it is compiled in and enabled */
bool label_has_selinux(void);  /* its file system is mounted, as where a policy is loaded */

enum label_kind { LABEL_NONE, LABEL_APPARMOR, LABEL_SELINUX };

struct label_plan {
	enum label_kind kind;
	const char *property, *label;
};

/* True if the process asks for a label: only then is it worth looking at the host. */
bool label_is_asked(const struct spec_process *process);

/* Errors: ENOTSUP: the host does not have that module; "unconfined" needs none. */
int label_plan(const struct spec_process *process, const struct label_host *host, struct label_plan *ret, struct err *err);

/* Where the labels of the caller are written; opened by the guest side once it is in its pid namespace. */
struct label_files {
	int dir;	    /* close-on-exec */
	const char *prefix; /* of the files' names; "": they are those of the caller alone */
};
#define LABEL_FILES_CLOSED { .dir = -1, .prefix = "" }

/* Errors: neither can a procfs be mounted, nor the host's be used. */
int label_open(struct label_files *ret, struct err *err);
/* The same, by this process' own procfs, where the host's is mounted at /proc: needs no right.  The directory must not reach a process of
 * the guest. */
int label_open_own(struct label_files *ret, struct err *err);

#define LABEL_PATH_MAX 64
/* What is written where, just before execve(2). */
struct label_exec {
	int dir;
	char file[LABEL_PATH_MAX]; /* below it */
	char text[4096];
};

/* Make sure that the kernel knows the label, and say what is to be written.  no_new_privileges: the program will have them; under
 * a confined caller AppArmor then stacks the profile on the caller's.
 * Errors: those of label_explain(). */
int label_prepare(const struct label_plan *plan, const struct label_files *files, bool no_new_privileges,
		  struct label_exec *ret, struct err *err);

/* Between these two, keys and keyrings are made with the label (SELinux). */
int label_begin_keys(const struct label_plan *plan, const struct label_files *files, struct err *err);
int label_end_keys(const struct label_plan *plan, const struct label_files *files, struct err *err);

/* The kernel did not take the label: say what the errno means.  Returns -number. */
int label_explain(const struct label_plan *plan, int number, struct err *err);
