#include "spec/annotations.h"

#include <limits.h>
#include <stddef.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/str.h"
#include "spec/check.h"

/* Those of the image specification, of crun and of runc that concern a runtime, and our own. */
const struct annotation_row annotation_rows[] = {
	{ ANNOTATION_STOP_SIGNAL, ANNOTATION_APPLIED, false, "the signal that kill sends when none is given" },
	{ "org.kavel.overlay.lowerdirs", ANNOTATION_APPLIED, true, "an overlay as the rootfs, of directories of the host" },
	{ "org.kavel.overlay.upperdir", ANNOTATION_APPLIED, true, "its writable layer" },
	{ "org.kavel.overlay.workdir", ANNOTATION_APPLIED, true, "what the kernel needs beside that" },
	{ "org.kavel.rootfs.idmap", ANNOTATION_APPLIED, true, "owners of the rootfs' files, shifted into the user namespace" },
	{ ANNOTATION_HOOKS_STDOUT, ANNOTATION_APPLIED, true, "a file of the host that gets what hooks print" },
	{ ANNOTATION_HOOKS_STDERR, ANNOTATION_APPLIED, true, "the same for their errors" },
	{ ANNOTATION_PIDFD_RECEIVER, ANNOTATION_APPLIED, true, "a socket of the host that gets the container's pidfd" },
	{ ANNOTATION_KEEP_GROUPS, ANNOTATION_APPLIED, true, "additional groups stay those of the caller" },
	{ ANNOTATION_SECCOMP_RECEIVER, ANNOTATION_APPLIED, true, "the socket of a seccomp agent" },
	{ ANNOTATION_SECCOMP_PLUGINS, ANNOTATION_REFUSED, true, "seccomp agents in the runtime itself" },
	{ ANNOTATION_SECCOMP_FAIL_UNKNOWN, ANNOTATION_APPLIED, false, "unknown system calls in a profile are an error" },
	{ ANNOTATION_SECCOMP_BPF_DATA, ANNOTATION_APPLIED, true, "a seccomp filter instead of the profile" },
	{ ANNOTATION_DELEGATE_CGROUP, ANNOTATION_APPLIED, false, "a cgroup below the container's that the guest manages" },
	{ ANNOTATION_MOUNT_CONTEXT, ANNOTATION_APPLIED, false, "which kind of label linux.mountLabel is" },
	{ ANNOTATION_SYSTEMD_PROPERTY, ANNOTATION_APPLIED, true, "a property of the container's systemd scope" },
	{ ANNOTATION_SYSTEMD_SUB_GROUP, ANNOTATION_APPLIED, false, "name of the cgroup below the scope's" },
	{ ANNOTATION_SYSTEMD_FORCE_V1, ANNOTATION_REFUSED, true, "cgroup v1 under systemd" },
	{ ANNOTATION_HANDLER, ANNOTATION_REFUSED, true, "what runs the program instead of the kernel" },
	{ "krun.", ANNOTATION_REFUSED, true, "the virtual machine of a handler" },
	{ "module.wasm.image/variant", ANNOTATION_REFUSED, true, "a handler for WebAssembly" },
	{ "io.kubernetes.cri.container-type", ANNOTATION_ACCEPTED, true, "sandbox or container: of interest to handlers" },
	{ "org.criu.config", ANNOTATION_ACCEPTED, true, "the configuration of checkpoints" },
	{ NULL, ANNOTATION_ACCEPTED, false, NULL },
};

static bool matches(const char *pattern, const char *key)
{
	size_t size = strlen(pattern);

	return pattern[size - 1] == '.' ? str_after(key, pattern) != NULL : str_eq(key, pattern);
}

const struct annotation_row *annotation_find(const char *key)
{
	for (const struct annotation_row *row = annotation_rows; row->key; row++)
		if (matches(row->key, key))
			return row;
	return NULL;
}

void annotations_warn(const struct spec *spec)
{
	for (size_t i = 0; i < spec->annotations.count; i++) {
		const char *key = spec->annotations.items[i].key;

		if (str_after(key, "org.kavel.") && !annotation_find(key))
			log_warning("annotations[\"%.200s\"]: there is no such annotation, it has no effect", key);
	}
}

/* "crun" is the one handler that is none: the kernel. */
static bool asks_for_nothing(const struct spec_pair *pair)
{
	return str_eq(pair->key, ANNOTATION_HANDLER) && (!*pair->value || str_eq(pair->value, "crun"));
}

/* Is its value a file or socket of the host? */
static bool is_path(const char *key)
{
	static const char *const keys[] = { ANNOTATION_HOOKS_STDOUT, ANNOTATION_HOOKS_STDERR, ANNOTATION_PIDFD_RECEIVER,
					    ANNOTATION_SECCOMP_RECEIVER };

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_eq(key, keys[i]))
			return true;
	return false;
}

/* Why what it asks for cannot be had. */
static const char *refusal(const char *key)
{
	if (str_eq(key, ANNOTATION_SECCOMP_PLUGINS))
		return "kavel loads no code of others; an agent can listen at linux.seccomp.listenerPath";
	if (str_eq(key, ANNOTATION_SYSTEMD_FORCE_V1))
		return "cgroup v1 is not used under systemd";
	return "kavel has no handlers";
}

/* The name of a directory. */
static bool is_name(const char *text)
{
	return *text && strlen(text) <= NAME_MAX && !strchr(text, '/') && !str_eq(text, ".") && !str_eq(text, "..");
}

int check_annotations(const struct spec *spec, struct err *err)
{
	for (size_t i = 0; i < spec->annotations.count; i++) {
		const struct spec_pair *pair = &spec->annotations.items[i];
		const struct annotation_row *row = annotation_find(pair->key);

		if (row && row->use == ANNOTATION_REFUSED && !asks_for_nothing(pair))
			return err_user(err, "annotations[\"%.200s\"]: \"%.200s\" is not supported: %s", pair->key,
					pair->value, refusal(pair->key));
		if (str_eq(pair->key, ANNOTATION_DELEGATE_CGROUP) && !is_name(pair->value))
			return err_user(err, "annotations[\"%s\"]: \"%.200s\" is not the name of a cgroup", pair->key,
					pair->value);
		if (is_path(pair->key) && *pair->value != '/')
			return err_user(err, "annotations[\"%s\"]: expected an absolute path, got \"%.200s\"",
					pair->key, pair->value);
	}
	return 0;
}
