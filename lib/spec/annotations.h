/* Annotations that mean something to this program: one table, from which they are checked and `features` is made.  All others are
 * for others, and kept (config.md, Annotations). */
#pragma once

#include <stdbool.h>

struct spec;

/* Keys as the code that obeys them names them. */
#define ANNOTATION_STOP_SIGNAL	"org.opencontainers.image.stopSignal"
#define ANNOTATION_HOOKS_STDOUT "run.oci.hooks.stdout"
#define ANNOTATION_HOOKS_STDERR "run.oci.hooks.stderr"
#define ANNOTATION_MOUNT_CONTEXT "run.oci.mount_context_type"
#define ANNOTATION_HANDLER	"run.oci.handler"
#define ANNOTATION_DELEGATE_CGROUP	"run.oci.delegate-cgroup"
#define ANNOTATION_SYSTEMD_PROPERTY	"org.systemd.property."
#define ANNOTATION_SYSTEMD_SUB_GROUP	"run.oci.systemd.subgroup"
#define ANNOTATION_SYSTEMD_FORCE_V1	"run.oci.systemd.force_cgroup_v1"
#define ANNOTATION_PIDFD_RECEIVER	"run.oci.pidfd_receiver"
#define ANNOTATION_KEEP_GROUPS		"run.oci.keep_original_groups"
#define ANNOTATION_SECCOMP_RECEIVER	"run.oci.seccomp.receiver"
#define ANNOTATION_SECCOMP_PLUGINS	"run.oci.seccomp.plugins"
#define ANNOTATION_SECCOMP_FAIL_UNKNOWN "run.oci.seccomp_fail_unknown_syscall"
#define ANNOTATION_SECCOMP_BPF_DATA	"run.oci.seccomp_bpf_data"

enum annotation_use {
	ANNOTATION_APPLIED,  /* it changes what is done */
	ANNOTATION_ACCEPTED, /* without effect here, as what it concerns does not exist */
	ANNOTATION_REFUSED,  /* it asks for what cannot be had */
};

struct annotation_row {
	const char *key; /* one that ends with "." stands for all that begin so, as in `features`; NULL ends the table */
	enum annotation_use use;
	bool is_unsafe;	  /* who may set it may do things on the host, or lift a limit: engines keep it from their users */
	const char *what; /* in a few words */
};

extern const struct annotation_row annotation_rows[];

/* The row of a key, or NULL. */
const struct annotation_row *annotation_find(const char *key);

/* Warn of keys that begin with "org.kavel." and are not in the table: misspelt, they would silently do nothing, and an unknown one
 * must not be an error (config.md). */
void annotations_warn(const struct spec *spec);
