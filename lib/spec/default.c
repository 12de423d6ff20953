#include "spec/default.h"

#include <stddef.h>
#include <unistd.h>

#include "base/auto.h"
#include "json/encode.h"

#define OPTIONS_MAX 8

enum audience { EVERYBODY, ROOT_ONLY, ROOTLESS_ONLY };

struct default_mount {
	enum audience audience;
	const char *destination, *type, *source;
	const char *options[OPTIONS_MAX];
};

static const struct default_mount mounts[] = {
	{ EVERYBODY, "/proc", "proc", "proc", { NULL } },
	{ EVERYBODY, "/dev", "tmpfs", "tmpfs", { "nosuid", "strictatime", "mode=755", "size=65536k", NULL } },
	{ ROOT_ONLY, "/dev/pts", "devpts", "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5", NULL } },
	/* group 5 (tty) is not mapped */
	{ ROOTLESS_ONLY, "/dev/pts", "devpts", "devpts",
	  { "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", NULL } },
	{ EVERYBODY, "/dev/shm", "tmpfs", "shm", { "nosuid", "noexec", "nodev", "mode=1777", "size=65536k", NULL } },
	{ EVERYBODY, "/dev/mqueue", "mqueue", "mqueue", { "nosuid", "noexec", "nodev", NULL } },
	{ ROOT_ONLY, "/sys", "sysfs", "sysfs", { "nosuid", "noexec", "nodev", "ro", NULL } },
	{ ROOTLESS_ONLY, "/sys", "none", "/sys", { "rbind", "nosuid", "noexec", "nodev", "ro", NULL } },
	{ EVERYBODY, "/sys/fs/cgroup", "cgroup", "cgroup", { "nosuid", "noexec", "nodev", "relatime", "ro", NULL } },
};

static const struct {
	enum audience audience;
	const char *type;
} namespaces[] = {
	{ EVERYBODY, "pid" }, { ROOT_ONLY, "network" }, { EVERYBODY, "ipc" },	  { EVERYBODY, "uts" },
	{ EVERYBODY, "mount" }, { EVERYBODY, "cgroup" }, { ROOTLESS_ONLY, "user" },
};

static const char *const capabilities[] = { "CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE", NULL };

/* What the kernel's file systems tell about the host, or let one do to it. */
static const char *const masked_paths[] = {
	"/proc/acpi",	     "/proc/asound",	 "/proc/kcore",	     "/proc/keys",
	"/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
	"/proc/scsi",	     "/sys/firmware",	 "/sys/devices/virtual/powercap", NULL,
};
static const char *const readonly_paths[] = {
	"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger", NULL,
};

static bool is_for(enum audience audience, bool rootless)
{
	return audience == EVERYBODY || (audience == ROOTLESS_ONLY) == rootless;
}

static void put_process(struct json_writer *w, bool terminal)
{
	static const char *const args[] = { "sh", NULL };
	static const char *const env[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
					   "TERM=xterm", NULL };

	json_open_object(w, "process");
	json_put_bool(w, "terminal", terminal);
	json_open_object(w, "user");
	json_put_u64(w, "uid", 0);
	json_put_u64(w, "gid", 0);
	json_close(w);
	json_put_names(w, "args", args);
	json_put_names(w, "env", env);
	json_put_string(w, "cwd", "/");
	/* neither inheritable nor ambient: a program that is not root must not get them by execve(2) (CVE-2022-29162) */
	json_open_object(w, "capabilities");
	json_put_names(w, "bounding", capabilities);
	json_put_names(w, "effective", capabilities);
	json_put_names(w, "permitted", capabilities);
	json_close(w);
	json_open_array(w, "rlimits");
	json_open_object(w, NULL);
	json_put_string(w, "type", "RLIMIT_NOFILE");
	json_put_u64(w, "hard", 1024);
	json_put_u64(w, "soft", 1024);
	json_close(w);
	json_close(w);
	json_put_bool(w, "noNewPrivileges", true);
	json_close(w);
}

static void put_mounts(struct json_writer *w, bool rootless)
{
	json_open_array(w, "mounts");
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++) {
		if (!is_for(mounts[i].audience, rootless))
			continue;
		json_open_object(w, NULL);
		json_put_string(w, "destination", mounts[i].destination);
		json_put_string(w, "type", mounts[i].type);
		json_put_string(w, "source", mounts[i].source);
		if (mounts[i].options[0])
			json_put_names(w, "options", mounts[i].options);
		json_close(w);
	}
	json_close(w);
}

/* The caller alone, as root inside. */
static void put_mapping(struct json_writer *w, const char *key, uint64_t host_id)
{
	json_open_array(w, key);
	json_open_object(w, NULL);
	json_put_u64(w, "containerID", 0);
	json_put_u64(w, "hostID", host_id);
	json_put_u64(w, "size", 1);
	json_close(w);
	json_close(w);
}

/* No device but those that every container gets. */
static void put_resources(struct json_writer *w)
{
	json_open_object(w, "resources");
	json_open_array(w, "devices");
	json_open_object(w, NULL);
	json_put_bool(w, "allow", false);
	json_put_string(w, "access", "rwm");
	json_close(w);
	json_close(w);
	json_close(w);
}

static void put_linux(struct json_writer *w, bool rootless)
{
	json_open_object(w, "linux");
	if (rootless) {
		put_mapping(w, "uidMappings", geteuid());
		put_mapping(w, "gidMappings", getegid());
	} else {
		put_resources(w);
	}
	json_open_array(w, "namespaces");
	for (size_t i = 0; i < ARRAY_SIZE(namespaces); i++) {
		if (!is_for(namespaces[i].audience, rootless))
			continue;
		json_open_object(w, NULL);
		json_put_string(w, "type", namespaces[i].type);
		json_close(w);
	}
	json_close(w);
	json_put_names(w, "maskedPaths", masked_paths);
	json_put_names(w, "readonlyPaths", readonly_paths);
	json_close(w);
}

int spec_default_json(bool rootless, bool terminal, struct str_buf *out, struct err *err)
{
	struct json_writer w = JSON_WRITER(out, 4);

	json_open_object(&w, NULL);
	json_put_string(&w, "ociVersion", "1.3.0");
	put_process(&w, terminal);
	json_open_object(&w, "root");
	json_put_string(&w, "path", "rootfs");
	json_put_bool(&w, "readonly", true);
	json_close(&w);
	json_put_string(&w, "hostname", "kavel");
	put_mounts(&w, rootless);
	put_linux(&w, rootless);
	json_close(&w);
	str_append(out, "\n");
	return out->failed ? err_memory(err) : 0;
}
