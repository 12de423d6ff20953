/* Talking to systemd, by a program of its own: kavel-systemd.  libsystemd cannot be linked into a static program, and most
 * containers do not need it.  The request is a file of words, each ended by a NUL; cmd/kavel-systemd reads it:
 *
 *	"start" MANAGER SECONDS PARENT UNIT PROPERTY...
 *	"stop" MANAGER SECONDS PARENT UNIT
 *	"set" MANAGER SECONDS PARENT UNIT PROPERTY...
 *
 * MANAGER is "system" or "user", PARENT our number, PROPERTY its name, its signature and its words.  The answer is the exit status 0, or text:
 * an errno and what to tell. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/command.h"
#include "base/str.h"
#include "base/user.h"
#include "cgroups/scope.h"

#define PROGRAM		"kavel-systemd"
#define TIMEOUT_NAME	"KAVEL_SYSTEMD_TIMEOUT"
#define TIMEOUT_DEFAULT 30 /* seconds: systemd is slow when a machine boots */
#define GRACE_MS	2000 /* until a program that does not mind its own deadline is killed */

/* The program beside ours, as in a folder of a build, else where it is installed. */
void cgroup_scope_program(char *path, size_t room)
{
	ssize_t n = readlink("/proc/self/exe", path, room - sizeof(PROGRAM) - 1);
	char *slash;

	if (n > 0) {
		path[n] = '\0';
		slash = strrchr(path, '/');
		if (slash) {
			memcpy(slash + 1, PROGRAM, sizeof(PROGRAM));
			if (access(path, X_OK) == 0)
				return;
		}
	}
	(void)snprintf(path, room, "%s/" PROGRAM, KAVEL_LIBEXEC_DIR);
}

static unsigned int timeout_seconds(void)
{
	const char *text = getenv(TIMEOUT_NAME);
	uint64_t seconds;

	return text && str_u64(text, 3600, &seconds) && seconds ? (unsigned int)seconds : TIMEOUT_DEFAULT;
}

static void add_word(struct str_buf *request, const char *word)
{
	str_append_n(request, word, strlen(word) + 1);
}

static void begin(struct str_buf *request, const char *operation, bool is_user, const char *unit)
{
	char seconds[16], parent[16];

	(void)snprintf(seconds, sizeof(seconds), "%u", timeout_seconds());
	(void)snprintf(parent, sizeof(parent), "%d", getpid());
	add_word(request, operation);
	add_word(request, is_user ? "user" : "system");
	add_word(request, seconds);
	add_word(request, parent);
	add_word(request, unit);
}

static void add_properties(struct str_buf *request, const struct unit_property *item)
{
	for (; item; item = item->next) {
		add_word(request, item->name);
		add_word(request, item->value.signature);
		for (size_t i = 0; i < item->value.count; i++)
			add_word(request, item->value.words[i]);
	}
}

static int make_input(const struct str_buf *request, int *ret_fd, struct err *err)
{
	autofd fd = memfd_create("kavel-request", MFD_CLOEXEC);

	if (request->failed)
		return err_memory(err);
	if (fd < 0 || write(fd, request->data, request->size) != (ssize_t)request->size || lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, errno, "pass a request to " PROGRAM);
	*ret_fd = take_fd(&fd);
	return 0;
}

/* What it wrote: "ERRNO TEXT". */
static int judge(const char *path, const char *unit, int status, const char *said, struct err *err)
{
	const char *text = strchr(said, ' ');
	char digits[8];
	uint64_t number;

	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == COMMAND_NOT_RUN) {
		(void)err_set(err, ENOENT, "systemd unit %s: %s cannot be executed", unit, path);
		return err_hint(err, "the systemd cgroup manager needs it; --cgroup-manager cgroupfs does not");
	}
	(void)snprintf(digits, sizeof(digits), "%.*s", text ? (int)(text - said) : 0, said);
	if (text && str_u64(digits, 4095, &number) && number)
		return err_set(err, (int)number, "systemd unit %s: %s", unit, text + 1);
	return err_set(err, EIO, "systemd unit %s: %s ended with status %d: %s", unit, path, status, said);
}

static int converse(const struct str_buf *request, const char *unit, struct err *err)
{
	char path[512], said[600];
	char *words[] = { path, NULL };
	struct command command = { .words = words, .environment = environ };
	autofd input = -1;
	int status = 0, r;

	r = make_input(request, &input, err);
	if (r < 0)
		return r;
	cgroup_scope_program(path, sizeof(path));
	command.input = input;
	command.timeout_ms = (int)timeout_seconds() * 1000 + GRACE_MS;
	r = command_run(&command, said, sizeof(said), &status, err);
	if (r > 0)
		return err_set(err, ETIMEDOUT, "systemd unit %s: %s does not end", unit, path);
	return r < 0 ? r : judge(path, unit, status, said, err);
}

static bool is_user_manager(void)
{
	return geteuid() != 0 || !user_ns_is_initial();
}

int scope_start(const struct scope_plan *scope, pid_t pid, struct err *err)
{
	autobuf request = { 0 };
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", pid);
	begin(&request, "start", scope->is_user, scope->unit);
	add_properties(&request, scope->properties);
	add_word(&request, "PIDs");
	add_word(&request, "au");
	add_word(&request, "1");
	add_word(&request, number);
	return converse(&request, scope->unit, err);
}

int scope_stop(const char *unit, struct err *err)
{
	autobuf request = { 0 };

	begin(&request, "stop", is_user_manager(), unit);
	return converse(&request, unit, err);
}

int scope_set(const char *unit, const struct unit_property *properties, struct err *err)
{
	autobuf request = { 0 };

	if (!properties)
		return 0;
	begin(&request, "set", is_user_manager(), unit);
	add_properties(&request, properties);
	return converse(&request, unit, err);
}
