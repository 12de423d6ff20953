#include "base/signals.h"

#include <ctype.h>
#include <signal.h>
#include <stdio.h>

#include "base/str.h"

static const struct str_name names[] = {
	{ "HUP", SIGHUP },
	{ "INT", SIGINT },
	{ "QUIT", SIGQUIT },
	{ "ILL", SIGILL },
	{ "TRAP", SIGTRAP },
	{ "ABRT", SIGABRT },
	{ "IOT", SIGIOT },
	{ "BUS", SIGBUS },
	{ "FPE", SIGFPE },
	{ "KILL", SIGKILL },
	{ "USR1", SIGUSR1 },
	{ "SEGV", SIGSEGV },
	{ "USR2", SIGUSR2 },
	{ "PIPE", SIGPIPE },
	{ "ALRM", SIGALRM },
	{ "TERM", SIGTERM },
	{ "STKFLT", SIGSTKFLT },
	{ "CHLD", SIGCHLD },
	{ "CLD", SIGCHLD },
	{ "CONT", SIGCONT },
	{ "STOP", SIGSTOP },
	{ "TSTP", SIGTSTP },
	{ "TTIN", SIGTTIN },
	{ "TTOU", SIGTTOU },
	{ "URG", SIGURG },
	{ "XCPU", SIGXCPU },
	{ "XFSZ", SIGXFSZ },
	{ "VTALRM", SIGVTALRM },
	{ "PROF", SIGPROF },
	{ "WINCH", SIGWINCH },
	{ "IO", SIGIO },
	{ "POLL", SIGIO },
	{ "PWR", SIGPWR },
	{ "SYS", SIGSYS },
	{ NULL, 0 },
};

/* "RTMIN", "RTMIN+3", "RTMAX", "RTMAX-2"; 0 if it is none. */
static int real_time_number(const char *name)
{
	const char *after_min = str_after(name, "RTMIN");
	const char *after_max = str_after(name, "RTMAX");
	const char *rest = after_min ? after_min : after_max;
	uint64_t distance = 0;

	if (!rest)
		return 0;
	if (*rest &&
	    (*rest != (after_min ? '+' : '-') || !str_u64(rest + 1, (uint64_t)(SIGRTMAX - SIGRTMIN), &distance)))
		return 0;
	return after_min ? SIGRTMIN + (int)distance : SIGRTMAX - (int)distance;
}

int signal_number(const char *text, struct err *err)
{
	char name[16] = "";
	const struct str_name *row;
	const char *bare;
	uint64_t number;
	int found;

	if (str_u64(text, (uint64_t)SIGRTMAX, &number))
		return (int)number;
	for (size_t i = 0; text[i] && i < sizeof(name) - 1; i++)
		name[i] = (char)toupper((unsigned char)text[i]);
	bare = str_after(name, "SIG");
	if (!bare)
		bare = name;
	row = str_lookup(names, bare);
	found = row ? (int)row->value : real_time_number(bare);
	if (!found || strlen(text) >= sizeof(name))
		return err_user(err, "unknown signal \"%s\"", text);
	return found;
}

const char *signal_name(int number, char text[SIGNAL_NAME_MAX])
{
	const char *name = str_name_of(names, number);

	if (name)
		(void)snprintf(text, SIGNAL_NAME_MAX, "SIG%s", name);
	else if (number >= SIGRTMIN && number <= SIGRTMAX)
		(void)snprintf(text, SIGNAL_NAME_MAX, "SIGRTMIN+%d", number - SIGRTMIN);
	else
		(void)snprintf(text, SIGNAL_NAME_MAX, "%d", number);
	return text;
}
