/* The memfd holds the launcher and, right behind it, the seccomp program: the launcher's only loadable segment is
 * stretched over both, so that the filter needs no descriptor, no reading and no memory of its own.  A filter that has a
 * listener begins with a pass (pass.h), whose secret lies behind it. */
#include "process/launch.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/sys.h"
#include "process/label.h"
#include "process/launcher/control.h"
#include "process/pass.h"

_Static_assert(LAUNCH_SECCOMP == CONTROL_STAGE_SECCOMP && LAUNCH_EXEC == CONTROL_STAGE_EXEC &&
		       LAUNCH_LABEL == CONTROL_STAGE_LABEL && LAUNCH_BIRTH == CONTROL_STAGE_BIRTH, "stages differ");
_Static_assert(LAUNCH_BIRTH_PLAIN == CONTROL_BIRTH_PLAIN && LAUNCH_BIRTH_TERMINAL == CONTROL_BIRTH_TERMINAL &&
		       LAUNCH_BIRTH_WAIT == CONTROL_BIRTH_WAIT, "births differ");
_Static_assert(sizeof(struct launch_birth) == 4 * sizeof(int), "the launcher writes four ints");
_Static_assert(sizeof(struct launch_failure) == 2 * sizeof(int), "the launcher writes two ints");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && sizeof(void *) == 8,
	       "the launcher is a 64-bit little-endian program");

/* The build gives the path of the launcher's file. */
__asm__(".pushsection .rodata.kavel_launcher, \"a\"\n"
	".balign 8\n"
	".hidden kavel_launcher_begin\n"
	".globl kavel_launcher_begin\n"
	"kavel_launcher_begin:\n"
	".incbin \"" KAVEL_LAUNCHER_FILE "\"\n"
	".hidden kavel_launcher_end\n"
	".globl kavel_launcher_end\n"
	"kavel_launcher_end:\n"
	".popsection\n");
extern const unsigned char kavel_launcher_begin[], kavel_launcher_end[];

#define HEADERS_MAX 4 /* program headers of the launcher: one segment, the stack, and room */
#define FILTER_ALIGN 8

/* The beginning of the launcher's file, writable. */
struct head {
	Elf64_Ehdr elf;
	Elf64_Phdr program[HEADERS_MAX];
};

/* Where things lie in the memfd. */
struct layout {
	struct head head;
	size_t head_size;  /* how much of `head` is headers */
	size_t image_size; /* of the launcher, without the section headers that no kernel reads */
	size_t filter_at;  /* offset in the file */
	uint64_t address;  /* the same in memory */
};

/* Instructions of the program as it is loaded. */
static unsigned int program_count(const struct seccomp_filter *filter)
{
	return filter ? filter->count + (filter_has_listener(filter) ? PASS_INSTRUCTIONS : 0U) : 0;
}

static size_t program_size(const struct seccomp_filter *filter)
{
	const size_t secret = filter_has_listener(filter) ? sizeof(((struct pass *)NULL)->secret) : 0;

	return program_count(filter) * sizeof(struct sock_filter) + secret;
}

static int lay_out(const struct seccomp_filter *filter, struct layout *ret, struct err *err)
{
	size_t file_size = (size_t)(kavel_launcher_end - kavel_launcher_begin);
	Elf64_Phdr *segment = NULL;

	memset(&ret->head, 0, sizeof(ret->head));
	memcpy(&ret->head, kavel_launcher_begin, file_size < sizeof(ret->head) ? file_size : sizeof(ret->head));
	for (unsigned int i = 0; i < ret->head.elf.e_phnum && i < HEADERS_MAX; i++)
		if (ret->head.program[i].p_type == PT_LOAD && !segment)
			segment = &ret->head.program[i];
	if (!segment || ret->head.elf.e_phoff != sizeof(Elf64_Ehdr) || segment->p_offset != 0 ||
	    segment->p_filesz > file_size || segment->p_filesz != segment->p_memsz)
		return err_set(err, ENOEXEC, "the launcher in this build of kavel is not one segment");
	ret->head_size = sizeof(Elf64_Ehdr) + ret->head.elf.e_phnum * sizeof(Elf64_Phdr);
	ret->image_size = segment->p_filesz;
	ret->filter_at = (ret->image_size + FILTER_ALIGN - 1) / FILTER_ALIGN * FILTER_ALIGN;
	ret->address = segment->p_vaddr + ret->filter_at;
	segment->p_filesz = segment->p_memsz = ret->filter_at + program_size(filter);
	ret->head.elf.e_shoff = 0;
	ret->head.elf.e_shnum = ret->head.elf.e_shstrndx = 0;
	return 0;
}

static int make_memfd(int *ret_fd, struct err *err)
{
	unsigned int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
	autofd fd = memfd_create("kavel-launcher", flags | MFD_EXEC);

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = memfd_create("kavel-launcher", flags);
	if (fd < 0) {
		int number = errno;
		int r = err_sys(err, number, "memfd_create for the launcher");

		return number == EACCES ? err_hint(err, "the sysctl vm.memfd_noexec is 2 here; 0 or 1 is needed") : r;
	}
	*ret_fd = take_fd(&fd);
	return 0;
}

/* The whole file: what the headers say, and what lies behind. */
static int write_program(int fd, struct layout *layout, const struct seccomp_filter *filter, struct err *err)
{
	static const unsigned char padding[FILTER_ALIGN];
	const bool has_listener = filter_has_listener(filter);
	struct pass pass;
	struct iovec parts[6] = {
		{ &layout->head, layout->head_size },
		{ (void *)(uintptr_t)(kavel_launcher_begin + layout->head_size),
		  layout->image_size - layout->head_size },
		{ (void *)(uintptr_t)padding, layout->filter_at - layout->image_size },
		{ pass.instructions, has_listener ? sizeof(pass.instructions) : 0 },
		{ filter ? filter->instructions : NULL, filter ? filter->count * sizeof(*filter->instructions) : 0 },
		{ pass.secret, has_listener ? sizeof(pass.secret) : 0 },
	};
	int r = has_listener ? pass_make(&pass, err) : 0;
	ssize_t written;

	if (r < 0)
		return r;
	written = writev(fd, parts, ARRAY_SIZE(parts));
	explicit_bzero(pass.secret, sizeof(pass.secret));
	if (written < 0)
		return err_sys(err, errno, "write the launcher");
	if ((size_t)written != layout->filter_at + program_size(filter))
		return err_sys(err, ENOSPC, "write the launcher");
	return 0;
}

int launch_open(const struct seccomp_filter *filter, int *ret_fd, struct err *err)
{
	autofd fd = -1;
	struct layout layout;
	int r = lay_out(filter, &layout, err);

	if (r == 0)
		r = make_memfd(&fd, err);
	if (r == 0)
		r = write_program(fd, &layout, filter, err);
	if (r < 0)
		return r;
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return err_sys(err, errno, "seal the launcher");
	*ret_fd = take_fd(&fd);
	return 0;
}

/* The launcher's arguments: its own, then the program's. */
static int make_argv(const struct launch *launch, char *control, char ***ret_argv, struct err *err)
{
	const char *own[5] = { "kavel-launcher", control };
	size_t count = 0, own_count = 2;
	char **argv;

	if (launch->label) {
		own[own_count++] = launch->label->file;
		own[own_count++] = launch->label->text;
	}
	own[own_count++] = launch->path;
	while (launch->argv[count])
		count++;
	argv = calloc(own_count + count + 1, sizeof(*argv));
	if (!argv)
		return err_memory(err);
	memcpy(argv, own, own_count * sizeof(*argv));
	memcpy(argv + own_count, launch->argv, count * sizeof(*argv));
	*ret_argv = argv;
	return 0;
}

/* Let a descriptor reach the launcher, which marks it close-on-exec again. */
static int hand_over(int fd, const char *what, struct err *err)
{
	int r = fd >= 0 ? fd_set_cloexec(fd, false) : 0;

	return r < 0 ? err_sys(err, -r, "hand the %s to the launcher", what) : 0;
}

/* Those that end the launcher while it waits.  The kernel spares the first process of a pid namespace a signal without a handler,
 * but keeps one that is blocked: the launcher has its handlers only some time after execve(2). */
static void hold_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL); /* cannot fail with these arguments */
}

int launch(const struct launch *launch, struct err *err)
{
	const struct seccomp_filter *filter = launch->filter;
	autofd made = -1;
	autofree char **argv = NULL;
	struct layout layout;
	char control[160];
	int fd = launch->program_fd, handover_fd = -1, r = 0;

	if (filter && (!filter->instructions || !filter->count))
		filter = NULL;
	if (filter_has_listener(filter) && launch->handover_fd > 0)
		handover_fd = launch->handover_fd;
	if (fd <= 0) {
		r = launch_open(filter, &made, err);
		fd = made;
	}
	if (r == 0)
		r = lay_out(filter, &layout, err);
	if (r == 0)
		r = make_argv(launch, control, &argv, err);
	if (r == 0)
		r = hand_over(launch->listen_fd, "listening socket", err);
	if (r == 0)
		r = hand_over(launch->status_fd, "status socket", err);
	if (r == 0)
		r = hand_over(handover_fd, "socket for the listener", err);
	if (r == 0 && launch->label)
		r = hand_over(launch->label->dir, "security label", err);
	if (r < 0)
		return r;
	(void)snprintf(control, sizeof(control), "%u:%u:%u:%llu:%u:%u:%u:%u:%u:%u", (unsigned int)launch->listen_fd,
		       (unsigned int)launch->status_fd, (unsigned int)handover_fd, (unsigned long long)layout.address,
		       program_count(filter), filter ? filter->flags : 0, launch->drop_admin,
		       launch->label ? (unsigned int)launch->label->dir : CONTROL_NONE,
		       launch->label && launch->no_new_privileges, launch->birth); /* fits: ten numbers */
	if (launch->listen_fd >= 0)
		hold_signals();
	(void)sys_execveat(fd, "", argv, launch->envp, AT_EMPTY_PATH);
	return err_sys(err, errno, "execute the launcher");
}
