/* The first process of an incarnation, its group, and what is known when it has ended. */
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/proc.h"
#include "base/sys.h"
#include "group.h"
#include "guest_life.h"

static void note_end(struct guest *guest, bool has_status, int status)
{
	guest->has_ended = true;
	guest->record.has_status = has_status;
	guest->record.status = status;
	(void)clock_gettime(CLOCK_REALTIME, &guest->record.finished);
}

static void on_child_end(struct child *child, int status, const struct rusage *usage)
{
	struct guest *guest = child->owner;

	guest->record.has_usage = true;
	guest->record.usage = *usage;
	note_end(guest, true, status);
	guest_fire(guest, EVENT_ENDED);
}

static void on_adopted_end(struct adopt_watch *watch, bool has_status, int status, const char *reason)
{
	struct guest *guest = watch->owner;

	guest->record.reason = reason;
	note_end(guest, has_status, status);
	guest_fire(guest, EVENT_ENDED);
}

static void on_oom(struct oom *oom)
{
	struct guest *guest = oom->owner;

	guest->record.oom_kills = oom->kills;
	log_warning("%s: the kernel killed a process of the guest, which is out of memory", guest->settings->id);
	oom_write_files(guest->settings);
	guest_update_status(guest);
}

void guest_watch_setup(struct guest *guest)
{
	guest->oom = (struct oom){ OOM_CLOSED, .happened = on_oom, .owner = guest };
	guest->record.id = guest->settings->id;
}

void guest_watch_reset(struct guest *guest)
{
	children_remove(guest->children, &guest->child);
	adopt_watch_end(&guest->watch);
	guest->watch = (struct adopt_watch){ .source = { .fd = -1 } };
	oom_close(&guest->oom);
	stop_end(&guest->stop);
	auto_close(&guest->pidfd);
	guest->pidfd = guest->stop.pidfd = -1;
	str_buf_free(&guest->end);
	guest->child = (struct child){ .pid = 0 };
	guest->group = (struct cgroup_made){ .inode = 0 };
	guest->has_ended = guest->is_recorded = false;
	guest->pid_start = 0;
	guest->started_ms = 0;
	guest->record = (struct record){ .id = guest->settings->id, .restarts = guest->restart.count };
}

/* True if the process is the first one of a pid namespace below the shim's: /proc/PID/status has its number in each. */
static bool is_first_of_namespace(pid_t pid)
{
	char path[40], text[4096], *line;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	if (file_read_short(AT_FDCWD, path, text, sizeof(text)) < 0)
		return false;
	line = strstr(text, "\nNSpid:");
	if (!line)
		return false;
	line[strcspn(line + 1, "\n") + 1] = '\0';
	return strlen(line) > 2 && str_eq(line + strlen(line) - 2, "\t1");
}

/* The group is found while the process waits to be started: later it may move itself below it. */
static void find_group(struct guest *guest, pid_t pid)
{
	struct err err;

	if (!guest->group.inode && group_of_process(pid, &guest->group, &err) < 0)
		log_warning("%s: the guest's cgroup is not found: %s", guest->settings->id, err.text);
	if (oom_open(&guest->oom, guest->loop, &guest->group, &err) < 0)
		log_warning("%s: that memory runs out will not be noticed: %s", guest->settings->id, err.text);
	guest->record.oom_kills = guest->oom.kills;
}

/* What looking at the host's groups took is given back: a shim is one of many, and waits for years. */
static void trim(void)
{
	(void)malloc_trim(0);
}

int guest_watch_begin(struct guest *guest, pid_t pid, bool is_child, struct err *err)
{
	int r = 0;

	guest->record.pid = pid;
	if (guest->pidfd < 0)
		guest->pidfd = sys_pidfd_open(pid, 0);
	if (guest->pidfd < 0)
		return err_sys(err, errno, "open the guest's process %d", pid);
	if (!guest->record.created.tv_sec)
		(void)clock_gettime(CLOCK_REALTIME, &guest->record.created);
	(void)proc_stat(pid, NULL, &guest->pid_start); /* 0: not known */
	guest->child = (struct child){ .pid = pid, .ended = on_child_end, .owner = guest };
	if (!is_child || !children_add(guest->children, &guest->child)) {
		guest->watch = (struct adopt_watch){ .loop = guest->loop, .ended = on_adopted_end, .owner = guest };
		r = adopt_watch_begin(&guest->watch, guest->pidfd, pid, err);
	}
	if (r == 0 && !guest->settings->exec) {
		guest->record.has_pid_ns = is_first_of_namespace(pid);
		find_group(guest, pid);
	}
	trim();
	return r;
}

void guest_take_end(struct guest *guest)
{
	struct arena arena = { .blocks = NULL };
	struct cgroup_stats *stats = NULL;
	struct err err;
	int r = 1;

	oom_look(&guest->oom);
	if (guest->oom.kills > guest->record.oom_kills)
		guest->record.oom_kills = guest->oom.kills;
	oom_close(&guest->oom);
	if (guest->settings->exit_record && guest->group.inode) {
		stats = ARENA_NEW(&arena, struct cgroup_stats, 1);
		r = stats ? group_read(&guest->group, &arena, stats, &err) : 1;
		if (r < 0)
			log_warning("%s: what the guest has used is not known: %s", guest->settings->id, err.text);
	}
	if (r == 0 && stats->memory.oom_kill.value > guest->record.oom_kills) /* nobody watched, as without a shim */
		guest->record.oom_kills = stats->memory.oom_kill.value;
	if (guest->record.oom_kills)
		oom_write_files(guest->settings);
	str_buf_free(&guest->end);
	if (!guest->record.reason && guest->error.size) /* it could not be started */
		guest->record.reason = guest->error.data;
	record_text(&guest->record, r == 0 ? stats : NULL, &guest->end);
	guest->record.reason = NULL;
	arena_free(&arena);
	trim();
}

void guest_write_end(struct guest *guest)
{
	struct str_buf text = { 0 };

	if (guest->is_recorded || !guest->end.size)
		return;
	str_append_n(&text, guest->end.data, guest->end.size);
	durable_write(&guest->exit_file, &text);
}
