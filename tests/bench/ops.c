/* The operations: which commands each consists of, and which of them count. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"

const struct op_info op_infos[OP_COUNT] = {
	[OP_RUN] = { "run", "run to the end of a guest that ends at once" },
	[OP_CYCLE] = { "cycle", "create + start + delete --force" },
	[OP_CREATE] = { "create", "create" },
	[OP_START] = { "start", "start" },
	[OP_STATE] = { "state", "state" },
	[OP_EXEC] = { "exec", "exec of a program that ends at once" },
	[OP_KILL] = { "kill", "kill ID KILL" },
	[OP_DELETE] = { "delete", "delete of a stopped container" },
	[OP_LIST] = { "list", "list with many running containers" },
	[OP_BATCH] = { "batch", "100 runs, one after the other" },
	[OP_PARALLEL] = { "parallel", "100 runs, 8 at a time" },
	[OP_BINDS] = { "run-binds", "run with 100 bind mounts" },
	[OP_LIMITS] = { "create-limits", "create with limits of memory, swap, CPU time and processes" },
	[OP_SECCOMP] = { "run-seccomp", "run with a seccomp profile of 300 calls for three architectures" },
};

/* A command line of a runtime; the strings live as long as the struct. */
struct command {
	char *args[ARGS_MAX];
	char text[1024];
};

static void command_make(struct command *command, const struct runtime *runtime, ...)
{
	va_list list;
	const char *arg;
	size_t used = 0, count = 0;

	va_start(list, runtime);
	command->args[count++] = (char *)runtime->path;
	command->args[count++] = (char *)"--root";
	command->args[count++] = (char *)runtime->root;
	while ((arg = va_arg(list, const char *)) && count < ARGS_MAX - 1) {
		size_t length = strlen(arg) + 1;

		if (used + length > sizeof(command->text))
			break;
		command->args[count++] = memcpy(command->text + used, arg, length);
		used += length;
	}
	command->args[count] = NULL;
	va_end(list);
}

pid_t spawn(const struct bench *bench, char *const *args)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, bench->null_fd, 0);
	posix_spawn_file_actions_adddup2(&actions, bench->null_fd, 1);
	posix_spawn_file_actions_adddup2(&actions, bench->err_fd, 2);
	r = posix_spawn(&pid, args[0], &actions, NULL, args, environ);
	posix_spawn_file_actions_destroy(&actions);
	return r ? -1 : pid;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int finish(pid_t pid)
{
	int status = -1;

	while (pid > 0 && waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return status;
}

/* The last line of what the runtime wrote on its standard error. */
static void lacks(const struct bench *bench, struct runtime *runtime, enum op op)
{
	char text[4096];
	ssize_t length = pread(bench->err_fd, text, sizeof(text) - 1, 0);
	char *line;

	runtime->ops[op].lacks = true;
	if (length <= 0)
		return;
	text[length] = '\0';
	if (text[length - 1] == '\n')
		text[length - 1] = '\0';
	line = strrchr(text, '\n');
	snprintf(runtime->ops[op].why, sizeof(runtime->ops[op].why), "%.190s", line ? line + 1 : text);
}

static void record(struct runtime *runtime, enum op op, double microseconds)
{
	runtime->ops[op].samples[runtime->ops[op].count++] = microseconds;
}

/* Run one command of an operation and record its time, or its system calls and memory in the tracing round. */
static bool timed(struct bench *bench, struct runtime *runtime, enum op op, struct command *command, int round)
{
	double start;
	int status;

	(void)!ftruncate(bench->err_fd, 0);
	if (round < 0) {
		long peak, syscalls;

		status = trace_run(bench, command->args, &peak, &syscalls);
		if (peak > runtime->ops[op].peak_kib)
			runtime->ops[op].peak_kib = peak;
		runtime->ops[op].syscalls += syscalls;
		return status == 0;
	}
	start = now();
	status = finish(spawn(bench, command->args));
	if (status == 0 && bench->wanted[op])
		record(runtime, op, now() - start);
	if (status != 0)
		lacks(bench, runtime, op);
	return status == 0;
}

static bool untimed(struct bench *bench, struct command *command)
{
	return finish(spawn(bench, command->args)) == 0;
}

static const char *bundle_of(const struct bench *bench, const char *name, char *path, size_t room)
{
	snprintf(path, room, "%s/%s", bench->folder, name);
	return path;
}

static void measure_run(struct bench *bench, struct runtime *runtime, enum op op, const char *bundle, int round)
{
	struct command command;
	char path[256];

	if (!bench->wanted[op] || runtime->ops[op].lacks)
		return;
	command_make(&command, runtime, "run", "--bundle", bundle_of(bench, bundle, path, sizeof(path)), "one", NULL);
	timed(bench, runtime, op, &command, round);
}

static void delete_force(struct bench *bench, struct runtime *runtime, const char *id)
{
	struct command command;

	command_make(&command, runtime, "delete", "--force", id, NULL);
	untimed(bench, &command);
}

/* The three commands as one figure. */
static void measure_cycle(struct bench *bench, struct runtime *runtime, int round)
{
	struct command create, start, delete;
	char path[256];
	double before = now();

	if (!bench->wanted[OP_CYCLE] || runtime->ops[OP_CYCLE].lacks)
		return;
	command_make(&create, runtime, "create", "--bundle", bundle_of(bench, "wait", path, sizeof(path)), "one", NULL);
	command_make(&start, runtime, "start", "one", NULL);
	command_make(&delete, runtime, "delete", "--force", "one", NULL);
	if (round < 0) {
		(void)(timed(bench, runtime, OP_CYCLE, &create, round) &&
		       timed(bench, runtime, OP_CYCLE, &start, round) &&
		       timed(bench, runtime, OP_CYCLE, &delete, round));
		return;
	}
	(void)!ftruncate(bench->err_fd, 0);
	if (untimed(bench, &create) && untimed(bench, &start) && untimed(bench, &delete)) {
		record(runtime, OP_CYCLE, now() - before);
	} else {
		lacks(bench, runtime, OP_CYCLE);
		delete_force(bench, runtime, "one");
	}
}

/* To be compared with create. */
static void measure_limits(struct bench *bench, struct runtime *runtime, int round)
{
	struct command command;
	char path[256];

	if (!bench->wanted[OP_LIMITS] || runtime->ops[OP_LIMITS].lacks)
		return;
	command_make(&command, runtime, "create", "--bundle", bundle_of(bench, "limits", path, sizeof(path)), "one",
		     NULL);
	timed(bench, runtime, OP_LIMITS, &command, round);
	delete_force(bench, runtime, "one");
}

static pid_t read_pid(const char *path)
{
	FILE *file = fopen(path, "re");
	int pid = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%d", &pid) != 1)
		pid = -1;
	fclose(file);
	return pid;
}

/* A signal is delivered before the process is gone: delete would still call it running. */
static void wait_for_end(pid_t pid)
{
	const struct timespec pause = { .tv_nsec = 200000 };

	for (int i = 0; i < 10000 && pid > 0; i++) {
		char path[64], state = 'Z';
		FILE *file;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		file = fopen(path, "re");
		if (!file)
			return;
		if (fscanf(file, "%*d %*s %c", &state) != 1)
			state = 'Z';
		fclose(file);
		if (state == 'Z' || state == 'X')
			return;
		nanosleep(&pause, NULL);
	}
}

/* One life of a container, each command a figure of its own. */
static void measure_life(struct bench *bench, struct runtime *runtime, int round)
{
	static const enum op ops[] = { OP_CREATE, OP_START, OP_STATE, OP_EXEC, OP_KILL, OP_DELETE };
	struct command commands[OP_COUNT];
	char path[256], pid_file[256];
	bool any = false;

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		any |= bench->wanted[ops[i]];
	if (!any || runtime->ops[OP_CREATE].lacks || runtime->ops[OP_START].lacks)
		return;
	snprintf(pid_file, sizeof(pid_file), "%s/pid", bench->folder);
	command_make(&commands[OP_CREATE], runtime, "create", "--bundle", bundle_of(bench, "wait", path, sizeof(path)),
		     "--pid-file", pid_file, "one", NULL);
	command_make(&commands[OP_START], runtime, "start", "one", NULL);
	command_make(&commands[OP_STATE], runtime, "state", "one", NULL);
	command_make(&commands[OP_EXEC], runtime, "exec", "one", "/tiny", NULL);
	command_make(&commands[OP_KILL], runtime, "kill", "one", "KILL", NULL);
	command_make(&commands[OP_DELETE], runtime, "delete", "one", NULL);
	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++) {
		if (runtime->ops[ops[i]].lacks)
			continue;
		timed(bench, runtime, ops[i], &commands[ops[i]], round);
		if (ops[i] == OP_KILL)
			wait_for_end(read_pid(pid_file));
	}
	if (runtime->ops[OP_DELETE].lacks || runtime->ops[OP_KILL].lacks)
		delete_force(bench, runtime, "one");
}

static void measure_list(struct bench *bench, struct runtime *runtime, int round)
{
	struct command command;
	char root[sizeof(runtime->root)];

	if (!bench->wanted[OP_LIST] || runtime->ops[OP_LIST].lacks || !runtime->has_list_guests)
		return;
	memcpy(root, runtime->root, sizeof(root));
	snprintf(runtime->root, sizeof(runtime->root), "%.120s.list", root);
	command_make(&command, runtime, "list", NULL);
	timed(bench, runtime, OP_LIST, &command, round);
	memcpy(runtime->root, root, sizeof(root));
}

/* BATCH runs, at most `at_once` at a time. */
static void measure_many(struct bench *bench, struct runtime *runtime, enum op op, int at_once, int round)
{
	double start = now();
	int running = 0, bad = 0;
	char path[256];

	if (!bench->wanted[op] || runtime->ops[op].lacks || runtime->ops[OP_RUN].lacks || round < 0)
		return;
	(void)!ftruncate(bench->err_fd, 0);
	bundle_of(bench, "plain", path, sizeof(path));
	for (int i = 0; i < BATCH || running > 0;) {
		int status;

		if (i < BATCH && running < at_once) {
			struct command command;
			char id[32];

			snprintf(id, sizeof(id), "many-%d", i++);
			command_make(&command, runtime, "run", "--bundle", path, id, NULL);
			if (spawn(bench, command.args) > 0)
				running++;
			else
				bad++;
			continue;
		}
		if (wait(&status) < 0)
			break;
		running--;
		bad += status != 0;
	}
	if (bad)
		lacks(bench, runtime, op);
	else
		record(runtime, op, now() - start);
}

void measure(struct bench *bench, struct runtime *runtime, int round)
{
	measure_run(bench, runtime, OP_RUN, "plain", round);
	measure_cycle(bench, runtime, round);
	measure_life(bench, runtime, round);
	measure_list(bench, runtime, round);
	measure_limits(bench, runtime, round);
	measure_run(bench, runtime, OP_BINDS, "binds", round);
	measure_run(bench, runtime, OP_SECCOMP, "seccomp", round);
	/* the long ones in every eighth round: each is 100 runs already */
	if (round % 8 == 0) {
		measure_many(bench, runtime, OP_BATCH, 1, round);
		measure_many(bench, runtime, OP_PARALLEL, PARALLEL, round);
	}
}

/* Of each runtime its own: some use the ID as the name of a cgroup at the top. */
static void list_id(const struct bench *bench, const struct runtime *runtime, int number, char *id, size_t room)
{
	snprintf(id, room, "list-%d-%d", (int)(runtime - bench->runtimes), number);
}

/* The containers that `list` lists, in a state directory of their own. */
int list_guests_make(struct bench *bench, struct runtime *runtime)
{
	struct runtime other = *runtime;
	char path[256];

	snprintf(other.root, sizeof(other.root), "%.120s.list", runtime->root);
	bundle_of(bench, "wait", path, sizeof(path));
	runtime->has_list_guests = true;
	for (int i = 0; i < bench->list_guests; i++) {
		struct command command, start;
		char id[32];

		list_id(bench, runtime, i, id, sizeof(id));
		command_make(&command, &other, "create", "--bundle", path, id, NULL);
		command_make(&start, &other, "start", id, NULL);
		(void)!ftruncate(bench->err_fd, 0);
		if (!untimed(bench, &command) || !untimed(bench, &start)) {
			lacks(bench, runtime, OP_LIST);
			return -1;
		}
	}
	return 0;
}

void list_guests_remove(struct bench *bench, struct runtime *runtime)
{
	struct runtime other = *runtime;

	snprintf(other.root, sizeof(other.root), "%.120s.list", runtime->root);
	for (int i = 0; i < bench->list_guests && runtime->has_list_guests; i++) {
		char id[32];

		list_id(bench, runtime, i, id, sizeof(id));
		delete_force(bench, &other, id);
	}
}
