/* Groups of the real kernel: skipped without privilege or without cgroup v2.  All lie below one group named after this
 * process, and no other is touched. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "base/sys.h"
#include "cgroups/group.h"
#include "child.h"
#include "spec_text.h"
#include "unit.h"

#define DENY "'devices': [{'allow': false, 'access': 'rwm'}]"

struct trial {
	struct cgroup_layout layout;
	struct spec_document *document;
	struct arena arena;
	struct cgroup_plan *plan;
	struct cgroup_made made;
	char top[64];	       /* of this trial, below the mount point */
	char full[GROUP_PATH_MAX]; /* the container's group */
	int fd;
	struct err err;
};

/* Plan a group "/kavel-unit-PID/guest".  False: not on this host. */
static bool begin(struct trial *trial, const char *resources)
{
	struct cgroup_request request = { .id = "guest", .layout = &trial->layout };
	char fragment[300];

	*trial = (struct trial){ .fd = -1 };
	if (!is_root())
		return false;
	CHECK(cgroup_detect(&trial->layout, &trial->err) == 0);
	if (cgroup_unified(&trial->layout) < 0) {
		unit_skip("this host has no cgroup v2");
		return false;
	}
	(void)snprintf(trial->top, sizeof(trial->top), "/kavel-unit-%d", getpid());
	(void)snprintf(fragment, sizeof(fragment), "'cgroupsPath': '%s/guest', 'resources': {%s}", trial->top,
		       resources);
	CHECK(spec_text_parse(FRAME_LINUX, fragment, &trial->document, &trial->err) == 0);
	CHECK(cgroup_plan(spec_of(trial->document), &request, &trial->arena, &trial->plan, &trial->err) == 0);
	group_full_path(&trial->layout, cgroup_tracking(&trial->layout), cgroup_plan_path(trial->plan), trial->full);
	return true;
}

static bool make(struct trial *trial)
{
	if (cgroup_make(trial->plan, &trial->made, &trial->fd, &trial->err) == 0)
		return true;
	if (trial->err.number == EACCES || trial->err.number == EROFS || trial->err.number == EPERM)
		unit_skip("this process may not make cgroups");
	else
		CHECK_STR(trial->err.text, "");
	return false;
}

static bool exists(const char *path)
{
	return faccessat(AT_FDCWD, path, F_OK, 0) == 0;
}

static void end(struct trial *trial)
{
	char top[GROUP_PATH_MAX];

	if (trial->fd >= 0)
		(void)close(trial->fd);
	if (trial->made.path[0])
		CHECK(cgroup_remove(&trial->layout, &trial->made, 2000, &trial->err) == 0);
	if (trial->top[0]) {
		group_full_path(&trial->layout, cgroup_tracking(&trial->layout), trial->top, top);
		CHECK(!exists(top));
	}
	spec_free(trial->document);
	arena_free(&trial->arena);
}

/* A process in the group that waits for ever; it ends with this one. */
static pid_t spawn(int group)
{
	struct clone_args args = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)group };
	pid_t pid;

	(void)fflush(stdout);
	pid = sys_clone3(&args);
	if (pid == 0) {
		for (;;)
			(void)pause();
	}
	CHECK(pid > 0);
	return pid;
}

/* The signal that ended the process, or 0 when it lives. */
static int ended_by(pid_t pid, bool wait)
{
	int status = 0;

	if (waitpid(pid, &status, wait ? 0 : WNOHANG) != pid)
		return 0;
	return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

static void makes_and_removes_the_group_with_its_parents(void)
{
	struct trial trial;

	if (begin(&trial, "") && make(&trial)) {
		CHECK(trial.made.inode && trial.made.made_by_us && trial.made.parents == 1);
		CHECK(exists(trial.full));
		CHECK(cgroup_remove(&trial.layout, &trial.made, 0, &trial.err) == 0);
		CHECK(!exists(trial.full));
		CHECK(cgroup_remove(&trial.layout, &trial.made, 0, &trial.err) == 0);
	}
	end(&trial);
}

static void removal_kills_what_is_left_in_groups_of_any_depth(void)
{
	struct trial trial;
	pid_t pid = 0;

	if (begin(&trial, DENY) && make(&trial)) {
		int dir = fcntl(trial.fd, F_DUPFD_CLOEXEC, 3);

		CHECK(cgroup_limit(trial.plan, &trial.made, trial.fd, &trial.err) == 0);
		for (int depth = 0; depth < 300 && !unit_has_failed(); depth++) {
			int next;

			CHECK(mkdirat(dir, "deeper", 0755) == 0);
			CHECK(mkdirat(dir, "beside", 0755) == 0);
			next = openat(dir, "deeper", O_PATH | O_DIRECTORY | O_CLOEXEC);
			(void)close(dir);
			dir = next;
		}
		pid = spawn(dir);
		(void)close(dir);
		CHECK(cgroup_remove(&trial.layout, &trial.made, 5000, &trial.err) == 0);
		CHECK(ended_by(pid, true) == SIGKILL);
		CHECK(!exists(trial.full));
	}
	end(&trial);
}

static void signals_reach_the_members_and_nobody_else(void)
{
	struct trial trial;
	pid_t members[100], bystander;
	pid_t *listed = NULL;
	size_t count = 0;

	if (begin(&trial, "") && make(&trial)) {
		bystander = fork();
		if (bystander == 0)
			for (;;)
				(void)pause();
		for (size_t i = 0; i < ARRAY_SIZE(members); i++)
			members[i] = spawn(trial.fd);
		CHECK(cgroup_pids(&trial.layout, &trial.made, &listed, &count, &trial.err) == 0);
		CHECK(count == ARRAY_SIZE(members));
		free(listed);
		CHECK(cgroup_kill(&trial.layout, &trial.made, SIGUSR1, &trial.err) == 0);
		for (size_t i = 0; i < ARRAY_SIZE(members); i++)
			CHECK(ended_by(members[i], true) == SIGUSR1);
		CHECK(ended_by(bystander, false) == 0);
		CHECK(kill(bystander, SIGKILL) == 0 && ended_by(bystander, true) == SIGKILL);
	}
	end(&trial);
}

static void another_group_of_that_path_is_not_touched(void)
{
	struct cgroup_made other;
	struct trial trial;
	pid_t pid;

	if (begin(&trial, "") && make(&trial)) {
		other = trial.made;
		other.inode++;
		pid = spawn(trial.fd);
		CHECK(cgroup_kill(&trial.layout, &other, SIGKILL, &trial.err) == 1);
		CHECK(cgroup_remove(&trial.layout, &other, 0, &trial.err) == 0);
		CHECK(ended_by(pid, false) == 0);
		CHECK(exists(trial.full));
		CHECK(cgroup_remove(&trial.layout, &trial.made, 2000, &trial.err) == 0);
		CHECK(ended_by(pid, true) == SIGKILL);
	}
	end(&trial);
}

static void an_intent_alone_removes_what_is_marked_and_kills_nobody(void)
{
	struct cgroup_made intent = { 0 }, found;
	struct trial trial;
	char process[32];
	pid_t pid;

	if (begin(&trial, "") && make(&trial)) {
		(void)snprintf(intent.path, sizeof(intent.path), "%s", trial.made.path);
		pid = spawn(trial.fd);
		(void)snprintf(process, sizeof(process), "process %d (", pid);
		CHECK(cgroup_remove(&trial.layout, &intent, 50, &trial.err) == -EBUSY);
		CHECK_HAS(trial.err.text, "is still not empty: process ");
		CHECK_HAS(trial.err.text, process);
		CHECK(ended_by(pid, false) == 0);
		/* what it names is the group that was made */
		CHECK(cgroup_find(&trial.layout, intent.path, &found) == 0);
		CHECK(found.inode == trial.made.inode && found.made_by_us && found.parents == 1);
		CHECK(kill(pid, SIGKILL) == 0 && ended_by(pid, true) == SIGKILL);
		CHECK(cgroup_remove(&trial.layout, &intent, 2000, &trial.err) == 0);
		CHECK(!exists(trial.full));
		CHECK(cgroup_find(&trial.layout, intent.path, &found) == 1);
	}
	end(&trial);
}

static void an_intent_alone_removes_parents_of_a_group_that_was_never_made(void)
{
	struct cgroup_made intent = { 0 };
	struct trial trial;

	if (begin(&trial, "") && make(&trial)) {
		(void)snprintf(intent.path, sizeof(intent.path), "%s", trial.made.path);
		CHECK(unlinkat(AT_FDCWD, trial.full, AT_REMOVEDIR) == 0);
		CHECK(cgroup_remove(&trial.layout, &intent, 0, &trial.err) == 0);
	}
	end(&trial);
}

static void a_group_that_existed_is_used_and_left_in_place(void)
{
	struct trial trial, again;
	pid_t pid;

	if (begin(&trial, "") && make(&trial) && begin(&again, DENY)) {
		for (int round = 0; round < 70 && !unit_has_failed(); round++) {
			/* more often than programs can be attached: each round takes its own away */
			CHECK(cgroup_make(again.plan, &again.made, &again.fd, &again.err) == 0);
			CHECK(!again.made.made_by_us);
			CHECK(cgroup_limit(again.plan, &again.made, again.fd, &again.err) == 0);
			pid = spawn(again.fd);
			(void)close(take_fd(&again.fd));
			CHECK(cgroup_remove(&again.layout, &again.made, 2000, &again.err) == 0);
			CHECK(ended_by(pid, true) == SIGKILL);
			CHECK(exists(trial.full));
		}
		again.made.path[0] = again.top[0] = '\0';
		end(&again);
	}
	end(&trial);
}

static void a_group_in_use_is_refused_and_its_processes_live(void)
{
	struct trial trial, again;
	pid_t pid;

	if (begin(&trial, "") && make(&trial) && begin(&again, "")) {
		pid = spawn(trial.fd);
		CHECK(cgroup_make(again.plan, &again.made, &again.fd, &again.err) == -EBUSY);
		CHECK_HAS(again.err.text, "container's cgroup is not empty: 1 process(es) found");
		CHECK(!again.made.path[0] && again.fd == -1);
		CHECK(cgroup_remove(&again.layout, &again.made, 100, &again.err) == 0);
		CHECK(ended_by(pid, false) == 0);
		CHECK(cgroup_remove(&trial.layout, &trial.made, 2000, &trial.err) == 0);
		CHECK(ended_by(pid, true) == SIGKILL);
		again.top[0] = '\0';
		end(&again);
	}
	end(&trial);
}

static void frozen_groups_thaw_and_can_be_killed(void)
{
	struct trial trial, again;
	pid_t pid;

	if (begin(&trial, "") && make(&trial) && begin(&again, "")) {
		pid = spawn(trial.fd);
		CHECK(cgroup_freeze(&trial.layout, &trial.made, true, 2000, &trial.err) == 0);
		CHECK(cgroup_is_frozen(&trial.layout, &trial.made));
		/* a signal that ends a process does so in the frozen group, which stays frozen */
		CHECK(cgroup_kill(&trial.layout, &trial.made, SIGUSR1, &trial.err) == 0);
		CHECK(ended_by(pid, true) == SIGUSR1);
		CHECK(cgroup_is_frozen(&trial.layout, &trial.made));
		CHECK(cgroup_freeze(&trial.layout, &trial.made, false, 2000, &trial.err) == 0);
		CHECK(!cgroup_is_frozen(&trial.layout, &trial.made));
		CHECK(cgroup_freeze(&trial.layout, &trial.made, true, 2000, &trial.err) == 0);
		CHECK(cgroup_make(again.plan, &again.made, &again.fd, &again.err) == -EBUSY);
		CHECK_HAS(again.err.text, "container's cgroup unexpectedly frozen");
		CHECK(cgroup_freeze(&trial.layout, &trial.made, false, 2000, &trial.err) == 0);
		pid = spawn(trial.fd);
		CHECK(cgroup_freeze(&trial.layout, &trial.made, true, 2000, &trial.err) == 0);
		CHECK(cgroup_remove(&trial.layout, &trial.made, 2000, &trial.err) == 0);
		CHECK(ended_by(pid, true) == SIGKILL);
		again.top[0] = '\0';
		end(&again);
	}
	end(&trial);
}

static void a_process_enters_all_groups_of_the_container(void)
{
	char line[GROUP_PATH_MAX], groups[8192];
	struct trial trial;
	pid_t pid;

	if (begin(&trial, "") && make(&trial)) {
		pid = fork();
		if (pid == 0)
			for (;;)
				(void)pause();
		CHECK(cgroup_rejoin(&trial.layout, &trial.made, NULL, pid, false, &trial.err) == 0);
		(void)snprintf(line, sizeof(line), "/proc/%d/cgroup", pid);
		CHECK(file_read_short(AT_FDCWD, line, groups, sizeof(groups)) > 0);
		(void)snprintf(line, sizeof(line), "0::%s", trial.made.path);
		CHECK_HAS(groups, line);
		CHECK(cgroup_remove(&trial.layout, &trial.made, 2000, &trial.err) == 0);
		CHECK(ended_by(pid, true) == SIGKILL);
	}
	end(&trial);
}

static const struct unit_test tests[] = {
	TEST(makes_and_removes_the_group_with_its_parents),
	TEST(removal_kills_what_is_left_in_groups_of_any_depth),
	TEST(signals_reach_the_members_and_nobody_else),
	TEST(another_group_of_that_path_is_not_touched),
	TEST(an_intent_alone_removes_what_is_marked_and_kills_nobody),
	TEST(an_intent_alone_removes_parents_of_a_group_that_was_never_made),
	TEST(a_group_that_existed_is_used_and_left_in_place),
	TEST(a_group_in_use_is_refused_and_its_processes_live),
	TEST(frozen_groups_thaw_and_can_be_killed),
	TEST(a_process_enters_all_groups_of_the_container),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
