/* The features document (features.md, features-linux.md): every list comes from the table that parses or applies it. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "container/container.h"
#include "json/encode.h"
#include "netns/netns.h"
#include "process/process.h"
#include "rootfs/rootfs.h"
#include "seccomp/seccomp.h"
#include "spec/annotations.h"

/* The members of `hooks`: "hooks.X", and nothing below. */
static void put_hook(void *data, const char *path, bool required)
{
	const char *name = str_after(path, "hooks.");

	(void)required;
	if (name && !strpbrk(name, ".["))
		json_put_string(data, NULL, name);
}

/* The names that a property may have. */
static void put_names(struct json_writer *w, const char *key, const char *path)
{
	json_put_names(w, key, spec_names(path));
}

static void put_enabled(struct json_writer *w, const char *key, bool enabled)
{
	json_open_object(w, key);
	json_put_bool(w, "enabled", enabled);
	json_close(w);
}

static void put_cgroup(struct json_writer *w)
{
	json_open_object(w, "cgroup");
	json_put_bool(w, "v1", true);
	json_put_bool(w, "v2", true);
	json_put_bool(w, "systemd", true);
	json_put_bool(w, "systemdUser", true);
	json_put_bool(w, "rdma", true);
	json_close(w);
}

static void put_seccomp(struct json_writer *w, struct arena *arena)
{
	json_open_object(w, "seccomp");
	json_put_bool(w, "enabled", seccomp_is_supported());
	put_names(w, "actions", "linux.seccomp.syscalls[].action");
	put_names(w, "operators", "linux.seccomp.syscalls[].args[].op");
	put_names(w, "archs", "linux.seccomp.architectures");
	put_names(w, "knownFlags", "linux.seccomp.flags");
	json_put_names(w, "supportedFlags", seccomp_supported_flag_names(arena));
	json_close(w);
}

static void put_intel_rdt(struct json_writer *w)
{
	json_open_object(w, "intelRdt");
	json_put_bool(w, "enabled", true);
	json_put_bool(w, "schemata", true);
	json_put_bool(w, "monitoring", true);
	json_close(w);
}

static void put_linux(struct json_writer *w, struct arena *arena)
{
	json_open_object(w, "linux");
	put_names(w, "namespaces", "linux.namespaces[].type");
	json_put_names(w, "capabilities", caps_names(arena));
	put_cgroup(w);
	put_seccomp(w, arena);
	put_enabled(w, "apparmor", true);
	put_enabled(w, "selinux", true);
	put_intel_rdt(w);
	json_open_object(w, "mountExtensions");
	put_enabled(w, "idmap", true);
	json_close(w);
	put_enabled(w, "netDevices", netns_devices_supported());
	json_open_object(w, "memoryPolicy");
	put_names(w, "modes", "linux.memoryPolicy.mode");
	put_names(w, "flags", "linux.memoryPolicy.flags");
	json_close(w);
	json_close(w);
}

/* One annotation below the peer's prefix. */
static void put_as_peer(struct json_writer *w, const char *peer, const char *name, const char *value)
{
	char key[80];

	(void)snprintf(key, sizeof(key), "%s.%s", peer, name);
	json_put_string(w, key, value);
}

static void put_annotations(struct json_writer *w, const char *peer)
{
	json_open_object(w, "annotations");
	if (peer) {
		put_as_peer(w, peer, "version", KAVEL_VERSION);
		put_as_peer(w, peer, "commit", *KAVEL_COMMIT ? KAVEL_COMMIT : "unknown");
	}
	if (peer && str_eq(peer, "run.oci.crun")) {
		put_as_peer(w, peer, "checkpoint.enabled", "false");
		put_as_peer(w, peer, "wasm", "false");
	}
	/* engines look for this one of runc's to know what `checkpoint` would do */
	json_put_string(w, "org.opencontainers.runc.checkpoint.enabled", "false");
	json_put_string(w, "io.github.seccomp.libseccomp.version", seccomp_library_version());
	json_put_string(w, "org.kavel.version", KAVEL_VERSION);
	json_put_string(w, "org.kavel.commit", KAVEL_COMMIT);
	json_close(w);
}

/* Annotations by which a configuration changes what the runtime does on the host. */
static void put_unsafe_annotations(struct json_writer *w)
{
	json_open_array(w, "potentiallyUnsafeConfigAnnotations");
	for (const struct annotation_row *row = annotation_rows; row->key; row++)
		if (row->is_unsafe)
			json_put_string(w, NULL, row->key);
	json_close(w);
}

int container_features(const char *peer, struct str_buf *out, struct err *err)
{
	struct json_writer w = JSON_WRITER(out, 2);
	struct arena arena = { NULL };

	json_open_object(&w, NULL);
	json_put_string(&w, "ociVersionMin", "1.0.0");
	json_put_string(&w, "ociVersionMax", CONTAINER_OCI_VERSION);
	json_open_array(&w, "hooks");
	spec_visit_properties(put_hook, &w);
	json_close(&w);
	json_put_names(&w, "mountOptions", rootfs_option_names());
	put_linux(&w, &arena);
	put_annotations(&w, peer);
	put_unsafe_annotations(&w);
	json_close(&w);
	arena_free(&arena);
	return out->failed ? err_memory(err) : 0;
}
