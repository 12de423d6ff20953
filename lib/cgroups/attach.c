/* Handing the device program to the kernel. */
#include <errno.h>
#include <string.h>

#include "base/auto.h"
#include "base/sys.h"
#include "cgroups/program.h"

#define PROGRAM_NAME "kavel_devices"
#define PROGRAMS_MAX 64 /* the kernel's BPF_CGROUP_MAX_PROGS */

int device_program_load(const struct device_program *program, int *ret_fd, struct err *err)
{
	union bpf_attr attr;
	int fd;

	memset(&attr, 0, sizeof(attr)); /* the kernel refuses anything else in what it does not know */
	attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
	attr.insns = (uintptr_t)program->instructions;
	attr.insn_cnt = program->count;
	attr.license = (uintptr_t) "Apache-2.0";
	memcpy(attr.prog_name, PROGRAM_NAME, sizeof(PROGRAM_NAME));
	fd = sys_bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	if (fd < 0) {
		(void)err_sys(err, errno, "linux.resources.devices: load the device program of %u instructions",
			      program->count);
		if (err->number == EINVAL || err->number == ENOSYS)
			return err_hint(err, "does this kernel have CONFIG_CGROUP_BPF?");
		return -err->number;
	}
	*ret_fd = fd;
	return 0;
}

/* replaced: of the program in whose place it is put, or -1. */
static int attach(int fd, int cgroup, int replaced, struct err *err)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup;
	attr.attach_bpf_fd = (uint32_t)fd;
	attr.attach_type = BPF_CGROUP_DEVICE;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (replaced >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)replaced;
	}
	if (sys_bpf(BPF_PROG_ATTACH, &attr, sizeof(attr)) < 0)
		return err_sys(err, errno, "linux.resources.devices: attach the device program to the cgroup");
	return 0;
}

int device_program_attach(const struct device_program *program, int cgroup, struct err *err)
{
	autofd fd = -1;
	int r = device_program_load(program, &fd, err);

	return r < 0 ? r : attach(fd, cgroup, -1, err);
}

/* Open the program with that id if it bears our name, else -1. */
static int open_ours(uint32_t id)
{
	struct bpf_prog_info info;
	union bpf_attr attr;
	autofd fd = -1;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	fd = sys_bpf(BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
	if (fd < 0)
		return -1;
	memset(&info, 0, sizeof(info));
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	if (sys_bpf(BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) < 0 || strcmp(info.name, PROGRAM_NAME) != 0)
		return -1;
	return take_fd(&fd);
}

/* Ids of the programs that are attached to a cgroup.  Returns how many. */
static uint32_t list_programs(int cgroup, uint32_t ids[PROGRAMS_MAX])
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup;
	attr.query.attach_type = BPF_CGROUP_DEVICE;
	attr.query.prog_ids = (uintptr_t)ids;
	attr.query.prog_cnt = PROGRAMS_MAX;
	if (sys_bpf(BPF_PROG_QUERY, &attr, sizeof(attr)) < 0)
		return 0;
	return attr.query.prog_cnt < PROGRAMS_MAX ? attr.query.prog_cnt : PROGRAMS_MAX;
}

int device_program_replace(const struct device_program *program, int cgroup, struct err *err)
{
	uint32_t ids[PROGRAMS_MAX], count;
	autofd fd = -1, old = -1;
	int r = device_program_load(program, &fd, err);

	if (r < 0)
		return r;
	count = list_programs(cgroup, ids);
	for (uint32_t i = 0; i < count && old < 0; i++)
		old = open_ours(ids[i]);
	return attach(fd, cgroup, old, err);
}

void device_program_detach(int cgroup)
{
	uint32_t ids[PROGRAMS_MAX], count = list_programs(cgroup, ids);

	for (uint32_t i = 0; i < count; i++) {
		union bpf_attr attr;
		autofd fd = open_ours(ids[i]);

		if (fd < 0)
			continue;
		memset(&attr, 0, sizeof(attr));
		attr.target_fd = (uint32_t)cgroup;
		attr.attach_bpf_fd = (uint32_t)fd;
		attr.attach_type = BPF_CGROUP_DEVICE;
		(void)sys_bpf(BPF_PROG_DETACH, &attr, sizeof(attr));
	}
}
