/* What is looked up in the guest's root: home, working directory, program. */
#include "process/process.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "child.h"
#include "unit.h"

#if defined(__x86_64__)
#define MACHINE_HERE 62
#elif defined(__aarch64__)
#define MACHINE_HERE 183
#else
#define MACHINE_HERE 243
#endif

static int plan_env(struct spec_strings env, const char *const *extra, struct arena *arena, struct env_plan *plan,
		    struct err *err)
{
	struct spec_process process = { .env = env };

	return env_plan(&process, extra, arena, plan, err);
}

static char tree[] = "/tmp/test_process.XXXXXX";

static void put(const char *path, const char *content, size_t size, mode_t mode)
{
	char full[256];
	int fd;

	(void)snprintf(full, sizeof(full), "%s%s", tree, path);
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	CHECK(fd >= 0 && write(fd, content, size) == (ssize_t)size && fchmod(fd, mode) == 0 && close(fd) == 0);
}

static void put_text(const char *path, const char *text, mode_t mode)
{
	put(path, text, strlen(text), mode);
}

static void make(const char *path)
{
	char full[256];

	(void)snprintf(full, sizeof(full), "%s%s", tree, path);
	CHECK(mkdir(full, 0755) == 0 || errno == EEXIST);
}

static bool enter_tree(void)
{
	return CHECK(chroot(tree) == 0 && chdir("/") == 0);
}

static const char *home_of(uid_t uid, struct arena *arena)
{
	struct spec_strings env = STRINGS("A=1", "HOME=", "B=2");
	struct env_plan plan;
	struct err err;

	if (!CHECK(plan_env(env, NULL, arena, &plan, &err) == 0 && env_add_home(&plan, uid, arena, &err) == 0))
		return NULL;
	CHECK(plan.count == 3 && plan.has_home && !plan.items[3]);
	return plan.items[1];
}

static bool child_home(void)
{
	struct arena arena = { 0 };

	if (!enter_tree())
		return false;
	CHECK_STR(home_of(7, &arena), "HOME=/");
	CHECK(mkdir("/etc", 0755) == 0 || errno == EEXIST);
	{
		autofile file = fopen("/etc/passwd", "we");

		CHECK(file &&
		      fputs("root:x:0:0:root:/root:/bin/sh\nbad\n:::::\nx:x:07x:7::/wrong:\nu:x:7:7::/home/u:/bin/sh\n"
			    "v:x:7:7::/later:\nw:x:8:8:::\ny:x:9:9:y:/y",
			    file) >= 0);
	}
	CHECK_STR(home_of(0, &arena), "HOME=/root");
	CHECK_STR(home_of(7, &arena), "HOME=/home/u");
	CHECK_STR(home_of(8, &arena), "HOME=/");
	CHECK_STR(home_of(9, &arena), "HOME=/y");
	CHECK_STR(home_of(10, &arena), "HOME=/");
	/* a FIFO must not hang (as it did elsewhere) */
	CHECK(unlink("/etc/passwd") == 0 && mkfifo("/etc/passwd", 0644) == 0);
	CHECK_STR(home_of(7, &arena), "HOME=/");
	CHECK(unlink("/etc/passwd") == 0);
	arena_free(&arena);
	return true;
}

static void home_comes_from_passwd(void)
{
	if (is_root())
		CHECK(in_child(child_home));
}

static bool child_cwd(void)
{
	char here[256], proc[64];
	int outside = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct err err;
	struct stat st;

	if (!enter_tree())
		return false;
	CHECK(cwd_apply("/made/for/us", &err) == -ENOENT);
	CHECK(cwd_make("/made/for/us", &err) == 0 && cwd_make("/made/for/us", &err) == 0);
	CHECK(cwd_apply("/made/for/us", &err) == 0 && getcwd(here, sizeof(here)));
	CHECK_STR(here, "/made/for/us");
	CHECK(symlink("/made", "/link") == 0 && cwd_apply("/link/for", &err) == 0 && getcwd(here, sizeof(here)));
	CHECK_STR(here, "/made/for");
	CHECK(cwd_apply("relative", &err) == -EINVAL && cwd_apply("", &err) == -EINVAL);
	CHECK(mknod("/file", S_IFREG | 0644, 0) == 0 && cwd_apply("/file", &err) == -ENOTDIR);
	CHECK_HAS(err.text, "process.cwd: ");
	/* a descriptor that leads out of the root (CVE-2024-21626) */
	CHECK(mkdir("/proc", 0755) == 0 && mount("proc", "/proc", "proc", 0, NULL) == 0);
	(void)snprintf(proc, sizeof(proc), "/proc/self/fd/%d", outside);
	CHECK(stat(proc, &st) == 0);
	CHECK(cwd_apply(proc, &err) == -EXDEV);
	CHECK_HAS(err.text, "is outside of the container");
	CHECK(umount2("/proc", MNT_DETACH) == 0);
	return true;
}

static void the_working_directory_is_made_and_stays_inside(void)
{
	if (is_root())
		CHECK(in_child(child_cwd));
}

/* ---------------------------------------------------------------- the program */

static int find(const char *name, const char *path, char *ret, struct err *err)
{
	struct spec_process process = { .args = { &name, 1 } };
	struct spec_strings env = { &path, path ? 1 : 0 };
	struct arena arena = { 0 };
	const char *found = NULL;
	struct env_plan plan;
	int r = plan_env(env, NULL, &arena, &plan, err);

	if (r == 0)
		r = exec_find(&process, &plan, &arena, &found, err);
	if (r == 0)
		(void)snprintf(ret, 256, "%s", found);
	arena_free(&arena);
	return r;
}

static bool child_find(void)
{
	char path[256];
	struct err err;

	if (!enter_tree() || !CHECK(setresuid(1000, 1000, 1000) == 0))
		return false;
	CHECK(find("prog", "PATH=/none:/b2:/b1", path, &err) == 0);
	CHECK_STR(path, "/b1/prog");
	CHECK(find("prog", NULL, path, &err) == 0);
	CHECK_STR(path, "/usr/bin/prog");
	CHECK(chdir("/b1") == 0 && find("prog", "PATH=/none::", path, &err) == 0);
	CHECK_STR(path, "./prog");
	CHECK(find("./prog", "PATH=", path, &err) == 0);
	CHECK_STR(path, "./prog");
	CHECK(find("foo", "PATH=/b1", path, &err) == -ENOENT);
	CHECK_STR(err.text, "exec: \"foo\": executable file not found in $PATH");
	CHECK(find("data", "PATH=/b2:/b1", path, &err) == -EACCES);
	CHECK_STR(err.text, "exec: \"data\": permission denied");
	CHECK(find("sub", "PATH=/b1", path, &err) == -ENOENT);
	CHECK(find("/run.sh", NULL, path, &err) == -ENOENT);
	CHECK_STR(err.text, "exec /run.sh: no such file or directory");
	CHECK(find("/b1/data", NULL, path, &err) == -EACCES);
	CHECK_STR(err.text, "exec /b1/data: permission denied: it has no execute permission");
	CHECK(find("/b1", NULL, path, &err) == -EISDIR);
	CHECK_STR(err.text, "exec /b1: permission denied: it is a directory");
	CHECK(find("/b1/", NULL, path, &err) == -EISDIR);
	CHECK(find("", NULL, path, &err) == -ENOENT);
	CHECK(find("/fifo", NULL, path, &err) == -EACCES);
	CHECK_STR(err.text, "exec /fifo: permission denied: it is not a regular file");
	CHECK(find("/b1/data/x", NULL, path, &err) == -ENOTDIR);
	return true;
}

static void the_program_is_found_by_the_path_of_the_guest(void)
{
	char fifo[256];

	if (!is_root())
		return;
	make("/b1");
	make("/b2");
	make("/b1/sub");
	make("/b2/prog");
	make("/usr");
	make("/usr/bin");
	put_text("/b1/prog", "#!/bin/sh\n", 0755);
	put_text("/usr/bin/prog", "#!/bin/sh\n", 0755);
	put_text("/b1/data", "", 0644);
	(void)snprintf(fifo, sizeof(fifo), "%s/fifo", tree);
	CHECK(mkfifo(fifo, 0777) == 0);
	CHECK(in_child(child_find));
}

static const char *explain(const char *path, int number)
{
	static struct err err;
	autofd root = open(tree, O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(exec_explain(root, path, number, &err) == -number);
	return err.text;
}

/* The beginning of an ELF file for `machine`; with an interpreter unless it is NULL. */
static void put_elf(const char *path, unsigned char machine, const char *interpreter)
{
	struct {
		unsigned char ident[16];
		uint16_t type, machine;
		uint32_t version;
		uint64_t entry, headers, sections;
		uint32_t flags;
		uint16_t size, header_size, header_count, rest[3];
		uint32_t p_type, p_flags;
		uint64_t p_offset, p_address[2], p_size, p_memory, p_align;
		char interpreter[64];
	} file = { .ident = { 0x7f, 'E', 'L', 'F', 2, 1, 1 },
		   .type = 2,
		   .machine = machine,
		   .version = 1,
		   .headers = 64,
		   .size = 64,
		   .header_size = 56,
		   .header_count = interpreter ? 1 : 0,
		   .p_type = 3,
		   .p_offset = 120 };

	if (interpreter) {
		(void)snprintf(file.interpreter, sizeof(file.interpreter), "%s", interpreter);
		file.p_size = strlen(interpreter) + 1;
	}
	put(path, (const char *)&file, sizeof(file), 0755);
}

static void a_failed_execve_is_explained(void)
{
	make("/x");
	put_text("/x/crlf", "#!/x/sh\r\necho\r\n", 0755);
	put_text("/x/nointerp", "#! /x/nothing -e\n", 0755);
	put_text("/x/chain", "#!/x/nointerp\n", 0755);
	put_text("/x/sh", "", 0755);
	put_text("/x/plain", "echo hello\n", 0755);
	put_text("/x/bare", "#!   \n", 0755);
	put_text("/x/locked", "#!/x/noexec\n", 0755);
	put_text("/x/noexec", "", 0644);
	put_text("/x/self", "#!/x/self\n", 0755);
	put_elf("/x/arm", 40, NULL);
	put_elf("/x/loader", MACHINE_HERE, "/lib/ld-none.so.1");
	put_elf("/x/broken", MACHINE_HERE, NULL);
	CHECK_STR(explain("/x/none", ENOENT), "exec /x/none: no such file or directory");
	CHECK_STR(explain("/x/crlf", ENOENT), "exec /x/crlf: no such file or directory: its #! line ends with CR LF, "
					      "so that it asks for \"/x/sh\\r\": "
					      "convert it to UNIX line ends");
	CHECK_STR(explain("/x/nointerp", ENOENT), "exec /x/nointerp: no such file or directory: the interpreter of its "
						  "#! line \"/x/nothing\" does not exist "
						  "in the container");
	CHECK_HAS(explain("/x/chain", ENOENT), "\"/x/nothing\" does not exist");
	CHECK_STR(explain("/x/loader", ENOENT), "exec /x/loader: no such file or directory: its dynamic loader "
						"\"/lib/ld-none.so.1\" does not exist in the "
						"container");
	CHECK_STR(explain("/x/sh", ENOEXEC), "exec /x/sh: exec format error: it is empty");
	CHECK_STR(explain("/x/plain", ENOEXEC),
		  "exec /x/plain: exec format error: it is not an ELF program and has no #! line");
	CHECK_STR(explain("/x/bare", ENOEXEC), "exec /x/bare: exec format error: its #! line names no interpreter");
	CHECK_HAS(explain("/x/arm", ENOEXEC), "exec /x/arm: exec format error: it is built for ARM, this machine is ");
	CHECK_HAS(explain("/x/broken", ENOEXEC), "damaged");
	CHECK_HAS(explain("/x/locked", EACCES), "\"/x/noexec\" has no execute permission");
	CHECK_STR(explain("/x/noexec", EACCES), "exec /x/noexec: permission denied: it has no execute permission");
	CHECK_STR(explain("/x", EACCES), "exec /x: permission denied: it is a directory");
	CHECK_HAS(explain("/x/self", ELOOP), "too many interpreters");
	CHECK_STR(explain("/x/plain", E2BIG), "exec /x/plain: argument list too long");
	CHECK_STR(explain("relative", ENOENT), "exec relative: no such file or directory");
	/* an interpreter outside of the root is inside of it */
	put_text("/x/out", "#!/../../../bin/sh\n", 0755);
	CHECK_HAS(explain("/x/out", ENOENT), "does not exist in the container");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	return remove(path);
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(home_comes_from_passwd),
		TEST(the_working_directory_is_made_and_stays_inside),
		TEST(the_program_is_found_by_the_path_of_the_guest),
		TEST(a_failed_execve_is_explained),
		TEST_END,
	};
	int status;

	if (!mkdtemp(tree) || chmod(tree, 0755) < 0)
		return 1;
	status = unit_run(tests);
	(void)nftw(tree, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	return status;
}
