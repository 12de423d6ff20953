/* AppArmor profile or SELinux label of the user's program.
 *
 * The kernel takes the label for "the next execve(2)" by a file of procfs, from the process itself and only by a descriptor that
 * this process image has opened.  The next one would be the launcher's, so the launcher writes it, and gets a directory of procfs
 * for that.  It is of a procfs that is mounted nowhere, so nothing of the guest can lie over the file (CVE-2019-16884,
 * CVE-2025-52881), and ".." leads nowhere: a guest that gets hold of it sees its own processes and no more. */
#include "process/label.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/vfs.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/path.h"
#include "base/str.h"
#include "base/sys.h"

#define APPARMOR_ENABLED "/sys/module/apparmor/parameters/enabled"
#define SELINUX_FILES	 "/sys/fs/selinux"
#define LABEL_MAX	 4096 /* bytes: the kernel takes a page */

bool label_has_apparmor(void)
{
	char text[8];

	return file_read_short(AT_FDCWD, APPARMOR_ENABLED, text, sizeof(text)) > 0 && text[0] == 'Y';
}

bool label_has_selinux(void)
{
	struct statfs fs;

	return statfs(SELINUX_FILES, &fs) == 0 && (uint64_t)(unsigned long)fs.f_type == SYS_SELINUX_MAGIC;
}

/* ---------------------------------------------------------------- plan */

static bool has_text(const char *text)
{
	return text && *text;
}

static int refuse(const char *property, const char *label, const char *module, struct err *err)
{
	return err_set(err, ENOTSUP, "%s: \"%s\" cannot be applied: %s is disabled or not supported on this host",
		       property, label, module);
}

bool label_is_asked(const struct spec_process *process)
{
	return has_text(process->apparmor_profile) || has_text(process->selinux_label);
}

int label_plan(const struct spec_process *process, const struct label_host *host, struct label_plan *ret,
	       struct err *err)
{
	struct label_plan plan = { .kind = LABEL_NONE };

	if (has_text(process->apparmor_profile)) {
		plan = (struct label_plan){ LABEL_APPARMOR, LABEL_APPARMOR_PROPERTY, process->apparmor_profile };
		/* which every process is, then */
		if (!host->apparmor && str_eq(plan.label, "unconfined"))
			plan.kind = LABEL_NONE;
		else if (!host->apparmor)
			return refuse(plan.property, plan.label, "AppArmor", err);
	}
	if (has_text(process->selinux_label)) {
		if (!host->selinux)
			return refuse(LABEL_SELINUX_PROPERTY, process->selinux_label, "SELinux", err);
		if (plan.kind != LABEL_NONE)
			return err_set(err, ENOTSUP, "%s: this host has AppArmor and SELinux, and a process one label",
				       LABEL_SELINUX_PROPERTY);
		plan = (struct label_plan){ LABEL_SELINUX, LABEL_SELINUX_PROPERTY, process->selinux_label };
	}
	if (plan.kind != LABEL_NONE && strlen(plan.label) >= LABEL_MAX - sizeof("permprofile "))
		return err_user(err, "%s: longer than a page", plan.property);
	*ret = plan;
	return 0;
}

/* ---------------------------------------------------------------- procfs */

/* A procfs of this process' pid namespace that holds nothing but its processes.  Returns 0 or -errno. */
static int make_procfs(int *ret_fd)
{
	autofd fs = sys_fsopen("proc", FSOPEN_CLOEXEC);

	if (fs < 0 || sys_fsconfig(fs, FSCONFIG_SET_STRING, "subset", "pid", 0) < 0 ||
	    sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	*ret_fd = sys_fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

/* Where the kernel forbids that, as in a user namespace below a procfs with something mounted in it: a copy of the mount of the
 * one directory that is needed. */
static int copy_own_directory(int *ret_fd)
{
	*ret_fd = sys_open_tree(AT_FDCWD, "/proc/thread-self/attr", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	return *ret_fd < 0 ? -errno : 0;
}

int label_open(struct label_files *ret, struct err *err)
{
	struct label_files files = { .prefix = "thread-self/attr/" };
	autofd dir = -1;
	int r = make_procfs(&dir), first = r;

	if (r < 0) {
		files.prefix = "";
		r = copy_own_directory(&dir);
	}
	if (r < 0)
		return err_sys(err, -first, "a procfs to write the security label to");
	r = path_verify_fs(dir, SYS_PROC_MAGIC, 0, "the procfs to write the security label to", err);
	if (r < 0)
		return r;
	files.dir = take_fd(&dir);
	*ret = files;
	return 0;
}

int label_open_own(struct label_files *ret, struct err *err)
{
	autofd dir = open("/proc/thread-self/attr", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (dir < 0)
		return err_sys(err, errno, "open /proc/thread-self/attr");
	r = path_verify_fs(dir, SYS_PROC_MAGIC, 0, "/proc", err);
	if (r == 0)
		*ret = (struct label_files){ .dir = take_fd(&dir), .prefix = "" };
	return r;
}

/* ---------------------------------------------------------------- AppArmor */

/* The directory of AppArmor's own files, which since Linux 5.8 do not depend on which module is the first. */
static const char *apparmor_directory(const struct label_files *files, char path[LABEL_PATH_MAX])
{
	(void)snprintf(path, LABEL_PATH_MAX, "%sapparmor/current", files->prefix);
	return faccessat(files->dir, path, F_OK, 0) == 0 ? "apparmor/" : "";
}

/* Whether this program is confined itself: the kernel then lets a process with no_new_privs only lose rights. */
static bool is_confined(const struct label_files *files, const char *path)
{
	char text[LABEL_MAX];

	if (file_read_short(files->dir, path, text, sizeof(text)) <= 0)
		return false;
	return !str_eq(text, "unconfined") && !strstr(text, " (unconfined)");
}

static int prepare_apparmor(const struct label_plan *plan, const struct label_files *files, bool no_new_privileges,
			    struct label_exec *label, struct err *err)
{
	char path[LABEL_PATH_MAX], text[LABEL_MAX];
	const char *directory = apparmor_directory(files, path);
	bool stack;
	int r;

	(void)snprintf(path, sizeof(path), "%s%scurrent", files->prefix, directory);
	stack = no_new_privileges && is_confined(files, path);
	/* changes nothing, but fails for a profile that is not loaded; what else it says concerns a change without execve(2) */
	(void)snprintf(text, sizeof(text), "permprofile %s", plan->label);
	r = file_write_knob(files->dir, path, text);
	if (r == -ENOENT)
		return label_explain(plan, -r, err);
	(void)snprintf(label->text, sizeof(label->text), "%s %s", stack ? "stack" : "exec", plan->label);
	(void)snprintf(label->file, sizeof(label->file), "%s%sexec", files->prefix, directory);
	return 0;
}

/* ---------------------------------------------------------------- SELinux */

/* Set what the file stands for, or with "" take it back. */
static int write_selinux(const struct label_files *files, const char *name, const char *label)
{
	char path[LABEL_PATH_MAX];

	(void)snprintf(path, sizeof(path), "%s%s", files->prefix, name);
	return file_write_knob(files->dir, path, *label ? label : "\n"); /* a write of nothing would not arrive */
}

static int prepare_selinux(const struct label_plan *plan, const struct label_files *files, struct label_exec *label,
			   struct err *err)
{
	int r = write_selinux(files, "exec", plan->label);

	if (r == 0)
		r = write_selinux(files, "exec", ""); /* it was a test: the next is the launcher */
	if (r < 0)
		return label_explain(plan, -r, err);
	(void)snprintf(label->text, sizeof(label->text), "%s", plan->label);
	(void)snprintf(label->file, sizeof(label->file), "%sexec", files->prefix);
	return 0;
}

int label_begin_keys(const struct label_plan *plan, const struct label_files *files, struct err *err)
{
	int r = plan->kind == LABEL_SELINUX ? write_selinux(files, "keycreate", plan->label) : 0;

	return r < 0 ? label_explain(plan, -r, err) : 0;
}

int label_end_keys(const struct label_plan *plan, const struct label_files *files, struct err *err)
{
	int r = plan->kind == LABEL_SELINUX ? write_selinux(files, "keycreate", "") : 0;

	return r < 0 ? label_explain(plan, -r, err) : 0;
}

/* ---------------------------------------------------------------- both */

int label_prepare(const struct label_plan *plan, const struct label_files *files, bool no_new_privileges,
		  struct label_exec *ret, struct err *err)
{
	ret->dir = files->dir;
	return plan->kind == LABEL_APPARMOR ? prepare_apparmor(plan, files, no_new_privileges, ret, err)
					    : prepare_selinux(plan, files, ret, err);
}

int label_explain(const struct label_plan *plan, int number, struct err *err)
{
	if (plan->kind == LABEL_APPARMOR && number == ENOENT)
		return err_set(err, number, "%s: apply AppArmor profile \"%s\": profile not loaded", plan->property,
			       plan->label);
	(void)err_sys(err, number, "%s: apply \"%s\"", plan->property, plan->label ? plan->label : "");
	if (plan->kind == LABEL_APPARMOR && (number == EACCES || number == EPERM))
		return err_hint(err, "the AppArmor profile that kavel itself runs under does not allow the change");
	if (plan->kind == LABEL_SELINUX && number == EINVAL)
		return err_hint(err, "the SELinux policy of this host does not know it");
	return -number;
}
