/* The words that the guest's program obeys; guest.c has the table of them. */
#pragma once

/* Say that a word could not be obeyed, and the errno. */
void failed(const char *name, const char *value);

void tell_ids(void);
void tell_caps(void);
void tell_rlimits(void);
void tell_cwd(void);
void tell_env(void);
void tell_args(void);
void tell_fds(void);
void tell_names(void);
void tell_umask(void);
void tell_security(void);
void tell_signals(void);
void tell_namespaces(void);
void tell_clocks(void);
void tell_keyring(void);
void tell_ttys(void);
void tell_personality(void);
void tell_loopback(void);
void tell_oom(void);
void tell_scheduling(void);
void do_stdin(void);
void do_notify(void);
void do_wait(void);
void do_pause(void);
void do_signal(void);

void do_getenv(const char *value);
void do_read(const char *value);
void do_write(const char *value);
void do_open(const char *value);
void do_stat(const char *value);
void do_readlink(const char *value);
void do_ls(const char *value);
void do_statfs(const char *value);
void do_mount_of(const char *value);
void do_mkdir(const char *value);
void do_unlink(const char *value);
void do_mknod(const char *value);
void do_mount(const char *value);
void do_remount(const char *value);
void do_umount(const char *value);
void do_chroot(const char *value);
void do_chdir(const char *value);
void do_read_fd(const char *value);
void do_write_fd(const char *value);
void do_sleep(const char *value);
void do_exit(const char *value);
void do_raise(const char *value);
void do_kill(const char *value);
void do_trap(const char *value);
void do_ignore(const char *value);
void do_fork(const char *value);
void do_setuid(const char *value);
void do_execve(const char *value);
void do_syscall(const char *value);
void do_unshare(const char *value);
void do_attack(const char *value);
void do_spy(const char *value);
void do_watch(const char *path);
void do_hold(const char *path);
void do_memory(const char *value);
void do_type(const char *value);
void say(const char *value);
void say_error(const char *value);
