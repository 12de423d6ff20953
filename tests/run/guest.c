/* The program that runs inside guests under test: it tells what it sees and does what it is asked, one word after the
 * other, without a shell, a library or any file of the guest.
 *
 *	guest ids caps read=/proc/self/cgroup exit=3
 *
 * Every word is NAME or NAME=VALUE; the table at the end is the list of them.  Output is `name: value` lines.  What
 * fails prints `name=VALUE: ERRNO` and goes on, so that a test can ask for what must be refused. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "guest.h"

void failed(const char *name, const char *value)
{
	printf("%s=%s: %s\n", name, value, strerrorname_np(errno));
}

static const struct {
	const char *name;
	void (*plain)(void);
	void (*with)(const char *value);
} words[] = {
	{ "ids", tell_ids, NULL },
	{ "caps", tell_caps, NULL },
	{ "rlimits", tell_rlimits, NULL },
	{ "cwd", tell_cwd, NULL },
	{ "env", tell_env, NULL },
	{ "getenv", NULL, do_getenv },
	{ "args", tell_args, NULL },
	{ "fds", tell_fds, NULL },
	{ "names", tell_names, NULL },
	{ "umask", tell_umask, NULL },
	{ "security", tell_security, NULL },
	{ "signals", tell_signals, NULL },
	{ "namespaces", tell_namespaces, NULL },
	{ "clocks", tell_clocks, NULL },
	{ "keyring", tell_keyring, NULL },
	{ "ttys", tell_ttys, NULL },
	{ "personality", tell_personality, NULL },
	{ "loopback", tell_loopback, NULL },
	{ "oom", tell_oom, NULL },
	{ "scheduling", tell_scheduling, NULL },
	{ "read", NULL, do_read },
	{ "write", NULL, do_write },
	{ "open", NULL, do_open },
	{ "stat", NULL, do_stat },
	{ "readlink", NULL, do_readlink },
	{ "ls", NULL, do_ls },
	{ "statfs", NULL, do_statfs },
	{ "mount", NULL, do_mount_of },
	{ "mkdir", NULL, do_mkdir },
	{ "unlink", NULL, do_unlink },
	{ "mknod", NULL, do_mknod },
	{ "mount-tmpfs", NULL, do_mount },
	{ "remount-rw", NULL, do_remount },
	{ "umount", NULL, do_umount },
	{ "chroot", NULL, do_chroot },
	{ "chdir", NULL, do_chdir },
	{ "read-fd", NULL, do_read_fd },
	{ "write-fd", NULL, do_write_fd },
	{ "stdin", do_stdin, NULL },
	{ "notify", do_notify, NULL },
	{ "sleep", NULL, do_sleep },
	{ "exit", NULL, do_exit },
	{ "raise", NULL, do_raise },
	{ "kill", NULL, do_kill },
	{ "trap", NULL, do_trap },
	{ "ignore", NULL, do_ignore },
	{ "fork", NULL, do_fork },
	{ "wait", do_wait, NULL },
	{ "pause", do_pause, NULL },
	{ "signal", do_signal, NULL },
	{ "setuid", NULL, do_setuid },
	{ "exec", NULL, do_execve },
	{ "syscall", NULL, do_syscall },
	{ "unshare", NULL, do_unshare },
	{ "attack", NULL, do_attack },
	{ "spy", NULL, do_spy },
	{ "watch", NULL, do_watch },
	{ "hold", NULL, do_hold },
	{ "look", NULL, do_look },
	{ "memory", NULL, do_memory },
	{ "type", NULL, do_type },
	{ "say", NULL, say },
	{ "say-error", NULL, say_error },
};

static int obey(const char *word)
{
	size_t length = strcspn(word, "=");
	const char *value = word[length] ? word + length + 1 : NULL;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strlen(words[i].name) != length || strncmp(words[i].name, word, length) != 0)
			continue;
		if (value && words[i].with) {
			words[i].with(value);
			return 0;
		}
		if (!value && words[i].plain) {
			words[i].plain();
			return 0;
		}
	}
	fprintf(stderr, "guest: what is \"%s\"?\n", word);
	return -1;
}

int main(int argc, char **argv)
{
	/* What is asked next may kill: nothing that was said may be lost. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++)
		if (obey(argv[i]) < 0)
			return 99;
	return 0;
}
