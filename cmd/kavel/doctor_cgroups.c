/* Cgroups, and systemd beside them. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "cgroups/detect.h"
#include "doctor.h"

#define FILE_ROOM 1024

static int find_layout(struct doctor *doctor, struct cgroup_layout *ret, struct err *err)
{
	const struct cgroup_sources sources = {
		.usual = doctor_path(doctor, "/sys/fs/cgroup"),
		.mountinfo = doctor_path(doctor, "/proc/self/mountinfo"),
		.own = doctor_path(doctor, "/proc/self/cgroup"),
	};

	return cgroup_detect_in(&sources, ret, err);
}

static void check_layout(struct doctor *doctor)
{
	struct cgroup_layout layout;
	struct err err;

	if (find_layout(doctor, &layout, &err) < 0) {
		doctor_tell(doctor, DOCTOR_FAIL, "mount procfs at /proc", "%s", err.text);
		return;
	}
	if (layout.mode == CGROUP_V2)
		doctor_tell(doctor, DOCTOR_OK, NULL, "cgroup v2 alone");
	else if (layout.mode == CGROUP_NONE)
		doctor_tell(doctor, DOCTOR_WARN, "mount -t cgroup2 cgroup2 /sys/fs/cgroup",
			    "no cgroups: containers have no limits and cannot be paused");
	else
		doctor_tell(doctor, DOCTOR_WARN, "boot with systemd.unified_cgroup_hierarchy=1",
			    "cgroup %s: deprecated, and the systemd manager needs v2 alone",
			    layout.mode == CGROUP_V1 ? "v1" : "v1 and v2 mixed");
}

static const struct {
	const char *name, *lost;
} controllers[] = {
	{ "cpu", "limits of CPU time" }, { "cpuset", "pinning to CPUs" },     { "memory", "limits of memory" },
	{ "pids", "limits of processes" }, { "io", "limits of block I/O" }, { "hugetlb", "limits of huge pages" },
};

/* With v1 hierarchies each may be anywhere. */
static bool is_mounted(const struct cgroup_layout *layout, const char *name)
{
	for (unsigned int i = 0; i < layout->count; i++)
		if (cgroup_has_word(layout->items[i].controllers, str_eq(name, "io") ? "blkio" : name, ','))
			return true;
	return false;
}

/* The group that containers' groups are made in: of v2. */
static const struct cgroup_hierarchy *unified(const struct cgroup_layout *layout)
{
	for (unsigned int i = 0; i < layout->count; i++)
		if (!*layout->items[i].controllers)
			return &layout->items[i];
	return NULL;
}

static void check_controllers(struct doctor *doctor)
{
	const struct cgroup_hierarchy *v2;
	struct cgroup_layout layout;
	char path[FILE_ROOM * 2], text[FILE_ROOM] = "";
	struct err err;
	unsigned int there = 0;

	if (find_layout(doctor, &layout, &err) < 0 || layout.mode == CGROUP_NONE)
		return;
	v2 = unified(&layout);
	if (v2) {
		(void)snprintf(path, sizeof(path), "%s%s/cgroup.controllers", v2->mount_point,
			       doctor->is_root || str_eq(v2->own, "/") ? "" : v2->own);
		(void)file_read_short(AT_FDCWD, doctor_path(doctor, path), text, sizeof(text));
	}
	for (size_t i = 0; i < ARRAY_SIZE(controllers); i++) {
		const char *name = controllers[i].name;

		if (cgroup_has_word(text, name, ' ') || is_mounted(&layout, name))
			there++;
		else
			doctor_tell(doctor, str_eq(name, "hugetlb") ? DOCTOR_OK : DOCTOR_WARN,
				    str_eq(name, "hugetlb") ? NULL
				    : doctor->is_root ? "boot with a kernel that has it (cgroup_enable=memory on some)"
						      : "as root: Delegate=yes for user@.service (docs/rootless.md)",
				    "no controller %s: no %s", name, controllers[i].lost);
	}
	doctor_tell(doctor, DOCTOR_OK, NULL, "%u of %zu controllers", there, ARRAY_SIZE(controllers));
}

static void check_kill(struct doctor *doctor)
{
	const struct cgroup_hierarchy *v2;
	struct cgroup_layout layout;
	struct err err;
	char path[FILE_ROOM * 2];

	if (find_layout(doctor, &layout, &err) < 0 || !(v2 = unified(&layout)) || str_eq(v2->own, "/"))
		return; /* the root group has no such file */
	(void)snprintf(path, sizeof(path), "%s%s/cgroup.kill", v2->mount_point, v2->own);
	if (access(doctor_path(doctor, path), F_OK) == 0)
		doctor_tell(doctor, DOCTOR_OK, NULL, "groups are killed as a whole");
	else
		doctor_tell(doctor, DOCTOR_OK, NULL,
			    "without cgroup.kill (Linux 5.14): processes are killed one by one, frozen");
}

static void check_delegation(struct doctor *doctor)
{
	const struct cgroup_hierarchy *v2;
	struct cgroup_layout layout;
	struct err err;
	char path[FILE_ROOM * 2];

	if (doctor->is_root || find_layout(doctor, &layout, &err) < 0 || !(v2 = unified(&layout)))
		return;
	(void)snprintf(path, sizeof(path), "%s%s/cgroup.procs", v2->mount_point, v2->own);
	if (access(doctor_path(doctor, path), W_OK) == 0)
		doctor_tell(doctor, DOCTOR_OK, NULL, "the own group %s is delegated", v2->own);
	else
		doctor_tell(doctor, DOCTOR_WARN,
			    "run below systemd-run --user --scope -p Delegate=yes, or with --cgroup-manager systemd",
			    "the own group %s is not delegated: containers have no limits and cannot be paused",
			    v2->own);
}

static void check_systemd(struct doctor *doctor)
{
	char program[FILE_ROOM];

	if (!doctor_has(doctor, "/run/systemd/system")) {
		doctor_tell(doctor, DOCTOR_OK, NULL, "systemd does not run here: --systemd-cgroup cannot be used");
		return;
	}
	cgroup_scope_program(program, sizeof(program));
	if (access(program, X_OK) == 0)
		doctor_tell(doctor, DOCTOR_OK, NULL, "systemd runs; %s speaks with it", program);
	else
		doctor_tell(doctor, DOCTOR_WARN, "install kavel-systemd beside kavel or there",
			    "systemd runs, and %s is missing: --systemd-cgroup fails", program);
}

const struct doctor_check doctor_cgroup_checks[] = {
	{ "cgroups", check_layout },
	{ "controllers", check_controllers },
	{ "cgroup.kill", check_kill },
	{ "delegation", check_delegation },
	{ "systemd", check_systemd },
	{ NULL, NULL },
};
