/* Why execve(2) failed.  The errno speaks of the file that was executed, of the interpreter that its #! line names, or of the
 * dynamic loader that it asks for, without telling which: this follows the same way and looks. */
#include "process/process.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/path.h"

#define DEPTH_MAX 5	      /* interpreters of interpreters, as in the kernel */
#define SCRIPT_LINE_MAX 256   /* of the first line of a script, as in the kernel (BINPRM_BUF_SIZE) */
#define PROGRAM_HEADERS_MAX 64
#define REASON_MAX 512

/* The beginning of a file, and the file. */
struct image {
	int fd;
	union {
		char text[SCRIPT_LINE_MAX + 1]; /* NUL-terminated */
		Elf64_Ehdr elf;
	} head;
	size_t size;
};

static const struct str_name machines[] = {
	{ "x86", EM_386 },	{ "MIPS", EM_MIPS },	  { "PowerPC", EM_PPC },	 { "PowerPC 64", EM_PPC64 },
	{ "S/390", EM_S390 },	{ "ARM", EM_ARM },	  { "SuperH", EM_SH },		 { "SPARC 64", EM_SPARCV9 },
	{ "IA-64", EM_IA_64 },	{ "x86-64", EM_X86_64 },  { "AArch64", EM_AARCH64 },	 { "RISC-V", EM_RISCV },
	{ "PA-RISC", EM_PARISC }, { "m68k", EM_68K },	  { "LoongArch", 258 },		 { NULL, 0 },
};

#if defined(__x86_64__)
#define MACHINE EM_X86_64
#elif defined(__aarch64__)
#define MACHINE EM_AARCH64
#elif defined(__riscv)
#define MACHINE EM_RISCV
#else
#define MACHINE EM_NONE
#endif

/* ---------------------------------------------------------------- looking */

/* Open `path` and read how it begins.  Returns 0, -errno, or 1 when it is not a regular file (*ret_stat tells what it is).
 * O_PATH first, as opening a FIFO or device has effects. */
static int image_open(int root, const char *path, struct image *ret, struct stat *ret_stat)
{
	autofd probe = -1;
	struct err unused;
	ssize_t n;
	int r = path_open(root, path, O_PATH, &probe, &unused);

	if (r < 0)
		return r;
	if (fstat(probe, ret_stat) < 0)
		return -errno;
	if (!S_ISREG(ret_stat->st_mode))
		return 1;
	r = path_open(root, path, O_RDONLY, &ret->fd, &unused);
	if (r < 0)
		return r;
	n = fd_read_all(ret->fd, ret->head.text, SCRIPT_LINE_MAX);
	ret->size = n < 0 ? 0 : (size_t)n;
	ret->head.text[ret->size] = '\0';
	return n < 0 ? (int)n : 0;
}

static bool is_elf(const struct image *image)
{
	return image->size >= sizeof(Elf64_Ehdr) && memcmp(image->head.text, ELFMAG, SELFMAG) == 0;
}

static bool is_script(const struct image *image)
{
	return image->head.text[0] == '#' && image->head.text[1] == '!';
}

/* The interpreter that the #! line names, in `path`.  Returns false when there is none. */
static bool script_interpreter(const struct image *image, char path[PATH_MAX])
{
	const char *at = image->head.text + 2;
	size_t size;

	at += strspn(at, " \t");
	size = strcspn(at, " \t\n");
	memcpy(path, at, size); /* shorter than the line, which is shorter than PATH_MAX */
	path[size] = '\0';
	return size > 0;
}

static bool same_byte_order(const struct image *image)
{
	unsigned char host = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? ELFDATA2LSB : ELFDATA2MSB;

	return (unsigned char)image->head.text[EI_DATA] == host;
}

/* Read the path at `offset`, of `size` bytes. */
static bool read_path(int fd, uint64_t offset, uint64_t size, char path[PATH_MAX])
{
	if (size < 2 || size >= PATH_MAX || offset > INT64_MAX || pread(fd, path, size, (off_t)offset) != (ssize_t)size)
		return false;
	path[size] = '\0';
	return true;
}

/* The dynamic loader that the ELF file asks for.  Returns false when there is none, or the file is damaged. */
static bool elf_interpreter(const struct image *image, char path[PATH_MAX])
{
	bool wide = image->head.text[EI_CLASS] == ELFCLASS64;
	Elf32_Ehdr narrow;
	uint64_t at;
	unsigned int count, step;

	memcpy(&narrow, image->head.text, sizeof(narrow));
	at = wide ? image->head.elf.e_phoff : narrow.e_phoff;
	count = wide ? image->head.elf.e_phnum : narrow.e_phnum;
	step = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	for (unsigned int i = 0; i < count && i < PROGRAM_HEADERS_MAX && at < (uint64_t)1 << 62; i++, at += step) {
		union {
			Elf64_Phdr wide;
			Elf32_Phdr narrow;
		} header;

		if (pread(image->fd, &header, step, (off_t)at) != (ssize_t)step)
			return false;
		if (wide && header.wide.p_type == PT_INTERP)
			return read_path(image->fd, header.wide.p_offset, header.wide.p_filesz, path);
		if (!wide && header.narrow.p_type == PT_INTERP)
			return read_path(image->fd, header.narrow.p_offset, header.narrow.p_filesz, path);
	}
	return false;
}

/* ---------------------------------------------------------------- the reason */

static void say_directory(const struct stat *st, char reason[REASON_MAX])
{
	(void)snprintf(reason, REASON_MAX, S_ISDIR(st->st_mode) ? "it is a directory" : "it is not a regular file");
}

static void say_not_permitted(const struct image *image, const struct stat *st, char reason[REASON_MAX])
{
	struct statvfs fs;

	if (!(st->st_mode & 0111))
		(void)snprintf(reason, REASON_MAX, "it has no execute permission");
	else if (fstatvfs(image->fd, &fs) == 0 && (fs.f_flag & ST_NOEXEC))
		(void)snprintf(reason, REASON_MAX, "it is on a file system mounted noexec");
}

static void say_format(const struct image *image, char reason[REASON_MAX])
{
	const char *name;

	if (image->size == 0) {
		(void)snprintf(reason, REASON_MAX, "it is empty");
	} else if (!is_elf(image)) {
		(void)snprintf(reason, REASON_MAX, "it is not an ELF program and has no #! line");
	} else if (!same_byte_order(image)) {
		(void)snprintf(reason, REASON_MAX, "it is built for a machine with another byte order");
	} else if (image->head.elf.e_machine != MACHINE) {
		name = str_name_of(machines, image->head.elf.e_machine);
		(void)snprintf(reason, REASON_MAX, "it is built for %s, this machine is %s",
			       name ? name : "an unknown machine", str_name_of(machines, MACHINE));
	} else {
		(void)snprintf(reason, REASON_MAX, "the ELF file is damaged or of an unsupported kind");
	}
}

/* The interpreter `path` of `image` failed with `number`: tell what it is to the file. */
static void say_interpreter(const struct image *image, const char *path, const char *why, char reason[REASON_MAX])
{
	size_t size = strlen(path);

	if (is_script(image) && size && path[size - 1] == '\r')
		(void)snprintf(
			reason, REASON_MAX,
			"its #! line ends with CR LF, so that it asks for \"%.*s\\r\": convert it to UNIX line ends",
			(int)(size - 1), path);
	else
		(void)snprintf(reason, REASON_MAX, "%s \"%.200s\" %s",
			       is_script(image) ? "the interpreter of its #! line" : "its dynamic loader", path, why);
}

/* A file that has an interpreter: is that what failed?  Returns true when a reason was found. */
static bool explain_interpreter(int root, const struct image *image, const char *path, int number,
				char reason[REASON_MAX])
{
	autofd fd = -1;
	struct image next = { .fd = -1 };
	struct stat st;
	int r = image_open(root, path, &next, &st);

	fd = next.fd;
	if (r == -ENOENT || r == -ENOTDIR)
		say_interpreter(image, path, "does not exist in the container", reason);
	else if (r == 1)
		say_interpreter(image, path, S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file", reason);
	else if (r == 0 && number == EACCES && !(st.st_mode & 0111))
		say_interpreter(image, path, "has no execute permission", reason);
	else if (r == 0 && number == ENOEXEC && !is_script(&next) && !is_elf(&next))
		say_interpreter(image, path, "is not a program", reason);
	else
		return false;
	return true;
}

/* What is wrong with the file itself.  interpreter: "" when it has none. */
static void explain_image(const struct image *image, const struct stat *st, const char *interpreter, int number,
			  char reason[REASON_MAX])
{
	if (number == EACCES)
		say_not_permitted(image, st, reason);
	else if (number == ENOEXEC && is_script(image) && !*interpreter)
		(void)snprintf(reason, REASON_MAX, "its #! line names no interpreter");
	else if (number == ENOEXEC && !is_script(image))
		say_format(image, reason);
}

/* One file on the way.  Returns true when `path` became its interpreter, a script's, which is the next to be looked at. */
static bool explain_step(int root, char path[PATH_MAX], int number, char reason[REASON_MAX])
{
	char interpreter[PATH_MAX] = "";
	autofd fd = -1;
	struct image image = { .fd = -1 };
	struct stat st;
	bool found = false;
	int r = image_open(root, path, &image, &st);

	fd = image.fd;
	if (r == 1)
		say_directory(&st, reason);
	if (r != 0)
		return false;
	if (is_script(&image))
		found = script_interpreter(&image, interpreter);
	else if (is_elf(&image))
		found = elf_interpreter(&image, interpreter);
	explain_image(&image, &st, found ? interpreter : "", number, reason);
	if (reason[0] || !found || explain_interpreter(root, &image, interpreter, number, reason) || !is_script(&image))
		return false;
	memcpy(path, interpreter, sizeof(interpreter));
	return true;
}

static void find_reason(int root, const char *first, int number, char reason[REASON_MAX])
{
	char path[PATH_MAX];
	size_t size = strlen(first) + 1;
	int depth = 0;

	if (size > sizeof(path))
		return;
	memcpy(path, first, size);
	while (explain_step(root, path, number, reason))
		if (++depth == DEPTH_MAX) {
			(void)snprintf(reason, REASON_MAX, "too many interpreters lead to one another");
			return;
		}
}

/* The errno's meaning as callers look for it: the C library's text with a small first letter. */
static void meaning(int number, char text[64])
{
	(void)snprintf(text, 64, "%s", strerror(number)); /* longer ones are cut */
	if (text[0] >= 'A' && text[0] <= 'Z')
		text[0] = (char)(text[0] - 'A' + 'a');
}

int exec_explain(int root, const char *path, int number, struct err *err)
{
	char reason[REASON_MAX] = "", text[64];
	int seen = number == EISDIR ? EACCES : number; /* what execve(2) says of a directory */

	meaning(seen, text);
	/* a relative path begins where the guest is, which is not known here */
	if (root >= 0 && path[0] == '/')
		find_reason(root, path, seen, reason);
	if (!reason[0] && number == EISDIR)
		(void)snprintf(reason, sizeof(reason), "it is a directory");
	return err_set(err, number, reason[0] ? "exec %s: %s: %s" : "exec %s: %s", path, text, reason);
}
