/* libkavel: containers from a program, without a command line.
 *
 * Each function does what the command of the same name does, completely or not at all; see kavel(1).  Nothing is printed;
 * failures come back in words.  The library keeps no state of its own, but kavel_create() changes the umask while it works, and
 * forks: call it from one thread at a time, with SIGCHLD not ignored.
 *
 *	struct kavel_error error;
 *	struct kavel_create_options options = { .bundle = "/srv/web" };
 *
 *	if (kavel_create(NULL, "web", &options, &error) < 0 || kavel_start(NULL, "web", &error) < 0)
 *		fprintf(stderr, "%s\n", error.text);
 */
#ifndef KAVEL_H
#define KAVEL_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define KAVEL_API __attribute__((visibility("default")))

/* A failure: filled in by every function that returns a negative value. */
struct kavel_error {
	int number;	 /* errno(3), positive */
	char text[5116]; /* one line, such as `container "web" already exists` */
};

/* Where containers are kept, and how their cgroups are made; NULL in place of it means all defaults. */
struct kavel_host {
	const char *root;	    /* absolute path of the state directory; NULL: /run/kavel or $XDG_RUNTIME_DIR/kavel */
	const char *cgroup_manager; /* "cgroupfs", "systemd" or "disabled"; NULL: cgroupfs */
};

struct kavel_create_options {
	const char *bundle;	    /* directory of config.json; NULL: the current one */
	const char *config;	    /* its file name, relative to the bundle; NULL: config.json */
	const char *pid_file;	    /* written with the pid of the first process; NULL: none */
	const char *pidfd_socket;   /* AF_UNIX stream socket that gets its pidfd (SCM_RIGHTS); NULL: none */
	unsigned int preserve_fds;  /* descriptors from 3 on that the guest gets */
	bool no_pivot;		    /* MS_MOVE and chroot(2) instead of pivot_root(2) */
	bool no_new_keyring;	    /* share the caller's session keyring */
};

/* Version of the library: "0.1.0". */
KAVEL_API const char *kavel_version(void);

/* Make a container from a bundle; its program waits for kavel_start().  id: letters, digits, _ + . -, at most 255 bytes.
 * options may be NULL.  Returns 0 or -errno. */
KAVEL_API int kavel_create(const struct kavel_host *host, const char *id, const struct kavel_create_options *options,
			   struct kavel_error *error);

/* Execute the program of a created container.  Returns 0 or -errno: EBUSY when it is not "created"; ENOENT and EACCES when
 * its program cannot be executed (then the container is stopped). */
KAVEL_API int kavel_start(const struct kavel_host *host, const char *id, struct kavel_error *error);

/* Send a signal (a number of signal(7)) to the first process, or with `all` to every process of the container.  Returns 0
 * or -errno: ESRCH when it is stopped. */
KAVEL_API int kavel_kill(const struct kavel_host *host, const char *id, int signal, bool all, struct kavel_error *error);

/* Remove a stopped or created container; force: kill it first, and an unknown id is a success.  Returns 0 or -errno. */
KAVEL_API int kavel_delete(const struct kavel_host *host, const char *id, bool force, struct kavel_error *error);

/* Freeze and thaw all processes of a container.  Returns 0 or -errno. */
KAVEL_API int kavel_pause(const struct kavel_host *host, const char *id, struct kavel_error *error);
KAVEL_API int kavel_resume(const struct kavel_host *host, const char *id, struct kavel_error *error);

/* The state document of the OCI runtime specification, as JSON; *ret_json is freed by the caller with free(3).  Returns 0
 * or -errno: ENOENT for an unknown id. */
KAVEL_API int kavel_state(const struct kavel_host *host, const char *id, char **ret_json, struct kavel_error *error);

/* What this library implements: the features document of the specification, as JSON; freed with free(3). */
KAVEL_API int kavel_features(char **ret_json, struct kavel_error *error);

#ifdef __cplusplus
}
#endif

#endif
