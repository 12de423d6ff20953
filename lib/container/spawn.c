#include "container/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/sys.h"
#include "container/foreground.h"
#include "container/guest.h"
#include "container/oom.h"
#include "container/run.h"
#include "container/step.h"
#include "container/wire.h"
#include "process/launch.h"

#define DEATH_TIMEOUT_MS 1000

void run_close(struct run *run)
{
	auto_close(&run->wire);
	auto_close(&run->guest_wire);
	auto_close(&run->listen);
	auto_close(&run->terminal);
	auto_close(&run->notify);
	auto_close(&run->pidfd);
	auto_close(&run->init);
	auto_close(&run->signals);
	auto_close(&run->cgroup);
	auto_close(&run->delegated);
	agent_close(&run->agent);
	hooks_close_output(&run->hook_output);
	ns_close(&run->ns);
	rootfs_release(&run->rootfs);
	arena_free(&run->arena);
	if (run->progress && run->progress != &run->own_progress)
		(void)munmap((void *)(uintptr_t)run->progress, sizeof(*run->progress));
	*run = (struct run)RUN_NONE;
}

static _Noreturn void be_guest(struct run *run)
{
	(void)close(run->wire);
	run->wire = take_fd(&run->guest_wire);
	run->is_guest = true;
	guest_main(run);
}

/* The memory is the host side's: what it knows must stay. */
static void be_guest_in_borrowed_memory(void *data)
{
	struct run own = *(const struct run *)data;

	be_guest(&own);
}

/* In a user namespace the guest could not lower its score, and, being undumpable, not even open its file unless it is root's:
 * it inherits the host side's, who has it for this moment. */
static pid_t clone_guest(struct run *run, struct err *err)
{
	const bool lends = plan_has_user_ns(run->plan) && run->plan->process->oom_score_adj.is_set;
	int old = 0, r = lends ? oom_exchange((int)run->plan->process->oom_score_adj.value, &old, err) : 0;
	struct err other;
	pid_t pid;

	if (r < 0)
		return r;
	pid = run->init >= 0 ? ns_clone_beside(run->cgroup, run->lends ? be_guest_in_borrowed_memory : NULL, run,
					       &run->pidfd, err)
			     : ns_clone(&run->ns, run->cgroup, &run->pidfd, err);
	if (pid != 0 && lends && oom_exchange(old, NULL, &other) < 0)
		log_warning("the own %s", other.text);
	return pid < 0 && run->cgroup >= 0 ? cgroup_explain_birth(run->cgroup, err) : pid;
}

static int share_progress(struct run *run, struct err *err)
{
	void *shared = (void *)(uintptr_t)(run->lends ? &run->own_progress : run->progress);

	if (!shared)
		shared = mmap(NULL, sizeof(*run->progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return err_sys(err, errno, "map a shared page");
	run->progress = shared;
	*run->progress = PROGRESS_NOT_BORN;
	return 0;
}

int spawn(struct run *run, struct err *err)
{
	pid_t pid;
	int r = share_progress(run, err);

	if (r == 0)
		r = wire_make(&run->wire, &run->guest_wire, err);
	/* who speaks matters where a listener comes from the guest, or the number of a process */
	if (r == 0 && (run->init >= 0 || plan_has_agent(run->plan)))
		r = agent_prepare_wire(run->wire, err);
	if (r < 0)
		return r;
	pid = clone_guest(run, err);
	if (pid == 0)
		be_guest(run);
	auto_close(&run->guest_wire);
	run->guest_wire = -1;
	if (pid < 0)
		return (int)pid;
	run->child = pid;
	return 0;
}

/* The row that the guest side was at when it ended; NULL: it had become the launcher, or waits in its place. */
static const struct step *last_row(const struct run *run)
{
	const int at = *run->progress;
	const struct step *row = run->guest_table;

	if (at == PROGRESS_READY)
		return NULL;
	row += at == PROGRESS_NOT_BORN ? 0 : at;
	return row[1].is_row ? row : NULL;
}

/* The guest ended without telling why: say what its parent can see. */
int spawn_explain_death(const struct run *run, struct err *err)
{
	const struct step *row = last_row(run);
	const char *at = row && row->name ? row->name : "set-up";
	siginfo_t info = { .si_pid = 0 };

	if (proc_wait_end(run->pidfd, DEATH_TIMEOUT_MS, err) != 0 ||
	    waitid(P_PID, (id_t)run->child, &info, WEXITED | WNOWAIT | WNOHANG) < 0 || !info.si_pid)
		return err_set(err, ECONNRESET, "%s: the guest side ended without a word", at);
	if (info.si_code == CLD_EXITED)
		return err_set(err, ECONNRESET, "%s: the guest side ended with status %d", at, info.si_status);
	(void)err_set(err, ECONNRESET, "%s: the guest side was killed by signal %d", at, info.si_status);
	if (info.si_status == SIGKILL)
		return oom_explain(run->state, err);
	if (info.si_status == SIGSYS)
		return err_hint(err,
				"bad system call: linux.seccomp forbids one that is needed before the program runs");
	return -err->number;
}

static int explain_birth(int number, struct err *err)
{
	int r = err_sys(err, number, "make a process in the container");

	if (number == EAGAIN)
		return err_hint(err, "an exec takes two processes for a moment, and its limit or RLIMIT_NPROC of its "
				     "user allows less");
	return number == ENOTTY || number == EPERM ? err_hint(err, "its terminal is that of another session") : r;
}

static int explain_filter(int number, struct err *err)
{
	int r = err_sys(err, number, "seccomp: load the filter");

	if (number == EBUSY)
		return err_hint(err, "a filter with a listener is in force already, and there can be one");
	if (number == EINVAL)
		return err_hint(err, "the kernel does not know an instruction or flag of it");
	return r;
}

int spawn_explain_launch(pid_t pid, const char *program, const struct label_plan *label, int number, int stage,
			 struct err *err)
{
	char path[40];
	autofd root = -1;

	if (stage == LAUNCH_LABEL)
		return label_explain(label, number, err);
	if (stage == LAUNCH_BIRTH)
		return explain_birth(number, err);
	if (stage == LAUNCH_SECCOMP)
		return explain_filter(number, err);
	/* the launcher waits, so that its root can still be looked into */
	(void)snprintf(path, sizeof(path), "/proc/%d/root", pid);
	root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return exec_explain(root, program, number, err);
}

/* The launcher ends as soon as it has told of the process. */
static int take_child(struct run *run, pid_t pid, struct err *err)
{
	const pid_t between = run->child;
	autofd pidfd = sys_pidfd_open(pid, 0);
	int number = errno;

	/* nobody else reaps it, so the number is still its own */
	run->child = pid;
	auto_close(&run->pidfd);
	run->pidfd = take_fd(&pidfd);
	while (waitpid(between, NULL, 0) < 0 && errno == EINTR)
		;
	return run->pidfd < 0 ? err_sys(err, number, "open a pidfd of process %d", pid) : 0;
}

int spawn_hear_birth(struct run *run, struct err *err)
{
	int number = 0, stage = 0, r, failed;
	pid_t pid;

	failed = wire_hear_birth(run->wire, run->child, &pid, &number, &stage, err);
	if (failed < 0)
		return failed;
	r = pid ? take_child(run, pid, err) : 0;
	if (r == 0 && failed)
		r = spawn_explain_launch(run->child, run->plan->process->args.items[0], &run->plan->label, number,
					 stage, err);
	return r;
}

int spawn_await(struct run *run, struct err *err)
{
	int number = 0, stage = 0;
	int r = run->signals < 0 ? 0 : foreground_await_start(run->signals, run->wire, run->pidfd, err);

	if (r == 0)
		r = agent_await_launch(&run->agent, run->wire, &number, &stage, err);

	if (r > 0)
		return spawn_explain_launch(run->child, run->plan->process->args.items[0], &run->plan->label, number,
					    stage, err);
	/* end of file: the launcher took over, or the guest side died before it could */
	return r == 0 && last_row(run) ? err_set(err, WIRE_GONE, "the guest side ended before its program ran") : r;
}

bool spawn_died_at_birth(struct run *run)
{
	siginfo_t info = { .si_pid = 0 };
	struct err ignored;

	if (run->cgroup < 0 || run->child <= 0 || *run->progress != PROGRESS_NOT_BORN ||
	    proc_wait_end(run->pidfd, DEATH_TIMEOUT_MS, &ignored) != 0 ||
	    waitid(P_PID, (id_t)run->child, &info, WEXITED | WNOHANG) < 0 || info.si_pid != run->child)
		return false;
	auto_close(&run->wire);
	auto_close(&run->pidfd);
	auto_close(&run->cgroup);
	run->wire = run->pidfd = run->cgroup = -1;
	run->child = 0;
	return info.si_code == CLD_KILLED && info.si_status == SIGKILL;
}

void spawn_kill(struct run *run)
{
	int status;

	if (run->child <= 0)
		return;
	(void)kill(run->child, SIGKILL); /* our child, which nobody else reaps */
	(void)proc_reap(run->child, run->pidfd, DEATH_TIMEOUT_MS,
			&status); /* what its tracer keeps is reaped after us */
	run->child = 0;
}
