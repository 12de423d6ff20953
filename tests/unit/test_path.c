/* Paths below a root: where they lead, that they never lead out, and that the walk in steps does what the kernel does. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/str.h"
#include "folder.h"
#include "unit.h"
#include "walked_path.h"

/* Paths of the tree that every test gets: outside/ lies beside the root, for links to aim at. */
static const struct {
	const char *path, *link; /* a symlink to `link`; NULL: a directory, or a file when the path ends with "f" */
} tree[] = {
	{ "outside", NULL },
	{ "outside/f", NULL },
	{ "root", NULL },
	{ "root/a", NULL },
	{ "root/a/b", NULL },
	{ "root/a/b/f", NULL },
	{ "root/f", NULL },
	{ "root/abs", "/a" },
	{ "root/abs-up", "/../../outside" },
	{ "root/rel-up", "../../outside" },
	{ "root/a/up", ".." },
	{ "root/a/chain", "up/abs/b" },
	{ "root/loop", "loop" },
	{ "root/ping", "pong" },
	{ "root/pong", "/ping" },
	{ "root/dangling", "nowhere/at/all" },
	{ "root/a/dangling-abs", "/made/by/link" },
	{ "root/to-file", "a/b/f" },
	{ "root/slash", "a/" },
	{ "root/self", "." },
	{ "root/a/root", "/" },
};

static bool is_file(const char *path)
{
	size_t size = strlen(path);

	return size >= 2 && str_eq(path + size - 2, "/f");
}

/* Make the tree; returns the root's descriptor. */
static int make_tree(struct folder *folder)
{
	for (size_t i = 0; i < ARRAY_SIZE(tree); i++) {
		int r;

		if (tree[i].link)
			r = symlinkat(tree[i].link, folder->fd, tree[i].path);
		else if (is_file(tree[i].path))
			r = mknodat(folder->fd, tree[i].path, S_IFREG | 0644, 0);
		else
			r = mkdirat(folder->fd, tree[i].path, 0755);
		CHECK(r == 0);
	}
	return openat(folder->fd, "root", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The same file, or the same failure. */
static void compare(const char *path, int flags, int kernel, int kernel_fd, int walked, int walked_fd)
{
	struct stat a = { 0 }, b = { 0 };

	CHECK(kernel == walked);
	if (kernel == 0 && walked == 0) {
		CHECK(fstat(kernel_fd, &a) == 0 && fstat(walked_fd, &b) == 0);
		CHECK(a.st_ino == b.st_ino && a.st_dev == b.st_dev);
	}
	if (kernel != walked || a.st_ino != b.st_ino)
		printf("# %s (flags %o): kernel %d, walk %d\n", path, (unsigned int)flags, kernel, walked);
}

static void try_path(int root, const char *path, int flags)
{
	autofd kernel_fd = -1, walked_fd = -1, kernel_literal = -1, walked_literal = -1;
	struct err err;
	int kernel = path_open(root, path, flags, &kernel_fd, &err);
	int walked = walked_open(root, path, flags, &walked_fd, &err);

	compare(path, flags, kernel, kernel_fd, walked, walked_fd);
	kernel = path_open_literal(root, path, flags, &kernel_literal, &err);
	walked = walked_open_literal(root, path, flags, &walked_literal, &err);
	compare(path, flags, kernel, kernel_literal, walked, walked_literal);
}

static void the_walk_leads_where_the_kernel_leads(void)
{
	static const char *const paths[] = {
		"/",
		".",
		"..",
		"a",
		"/a/b",
		"a//b/",
		"a/./b/../b/f",
		"f",
		"f/",
		"f/x",
		"a/b/f/..",
		"abs",
		"abs/b",
		"abs-up",
		"abs-up/f",
		"rel-up",
		"rel-up/f",
		"../outside",
		"/../../outside/f",
		"a/up",
		"a/up/a/up/f",
		"a/chain",
		"a/chain/f",
		"loop",
		"loop/x",
		"ping",
		"pong/x",
		"dangling",
		"dangling/x",
		"a/dangling-abs",
		"to-file",
		"to-file/",
		"slash",
		"slash/b",
		"self/self/a",
		"a/root/a/root/f",
		"nowhere",
		"nowhere/..",
		"a/../../a/b",
		"",
	};
	static const int flags[] = { O_PATH, O_PATH | O_DIRECTORY, O_PATH | O_NOFOLLOW,
				     O_PATH | O_NOFOLLOW | O_DIRECTORY, O_RDONLY };
	struct folder folder;
	autofd root = -1;

	folder_make(&folder);
	root = make_tree(&folder);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		for (size_t f = 0; f < ARRAY_SIZE(flags); f++)
			try_path(root, paths[i], flags[f]);
	folder_remove(&folder);
}

/* Paths made at random from the names of the tree: always the same ones. */
static void the_walk_agrees_on_many_paths(void)
{
	static const char *const parts[] = { "a",	"b",	  "f",	  "..",	   ".",	   "abs",
					     "abs-up",	"rel-up", "up",	  "chain", "loop", "dangling",
					     "to-file", "slash",  "self", "root",  "",	   "nowhere" };
	unsigned int seed = 1;
	struct folder folder;
	autofd root = -1;

	folder_make(&folder);
	root = make_tree(&folder);
	for (int i = 0; i < 3000; i++) {
		char path[200] = "";
		size_t size = 0;

		for (int n = 0; n < 1 + i % 7; n++) {
			seed = seed * 1103515245 + 12345;
			size += (size_t)snprintf(path + size, sizeof(path) - size, "%s%s", n || i % 3 == 0 ? "/" : "",
						 parts[(seed >> 16) % ARRAY_SIZE(parts)]);
		}
		try_path(root, path, i % 2 ? O_PATH : O_PATH | O_DIRECTORY);
	}
	folder_remove(&folder);
}

/* Nothing is made beside the root, by either way. */
static void what_is_made_is_made_inside(void)
{
	static const char *const paths[] = { "abs-up/new/dir", "rel-up/other/dir", "../outside/third",
					     "dangling/x",     "a/dangling-abs/y", "a/root/../../outside/deep/er" };
	struct folder folder;
	autofd root = -1;

	folder_make(&folder);
	root = make_tree(&folder);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		autofd fd = -1, again = -1;
		bool made = false;
		struct err err;

		if (i % 2)
			CHECK(path_make_dir(root, paths[i], 0755, &fd, &made, &err) == 0);
		else
			CHECK(walked_make_dir(root, paths[i], 0755, &fd, &made, &err) == 0);
		CHECK(made);
		CHECK(path_make_dir(root, paths[i], 0755, &again, &made, &err) == 0 && !made);
	}
	CHECK(faccessat(folder.fd, "outside/new", F_OK, 0) < 0 && faccessat(folder.fd, "outside/deep", F_OK, 0) < 0);
	CHECK(faccessat(folder.fd, "root/outside/new/dir", F_OK, 0) == 0);
	CHECK(faccessat(folder.fd, "root/nowhere/at/all/x", F_OK, 0) == 0);
	CHECK(faccessat(folder.fd, "root/made/by/link/y", F_OK, 0) == 0);
	folder_remove(&folder);
}

static void a_file_is_made_where_a_dangling_link_leads(void)
{
	struct folder folder;
	autofd root = -1, fd = -1, walked = -1, directory = -1, loop = -1;
	struct err err;

	folder_make(&folder);
	root = make_tree(&folder);
	CHECK(path_make_file(root, "dangling", 0600, &fd, &err) == 0);
	CHECK(faccessat(folder.fd, "root/nowhere/at/all", F_OK, 0) == 0);
	CHECK(walked_make_file(root, "a/dangling-abs", 0600, &walked, &err) == 0);
	CHECK(faccessat(folder.fd, "root/made/by/link", F_OK, 0) == 0);
	CHECK(path_make_file(root, "a", 0600, &directory, &err) == -EISDIR);
	CHECK(path_make_file(root, "loop", 0600, &loop, &err) == -ELOOP);
	folder_remove(&folder);
}

static void magic_links_of_procfs_are_not_followed(void)
{
	autofd root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	autofd a = -1, b = -1, c = -1, d = -1;
	struct err err;

	CHECK(path_open(root, "/proc/self/root", O_PATH | O_DIRECTORY, &a, &err) < 0);
	CHECK(walked_open(root, "/proc/self/root", O_PATH | O_DIRECTORY, &b, &err) == -ELOOP);
	CHECK(path_open(root, "/proc/self/cwd/x", O_PATH, &c, &err) < 0);
	CHECK(walked_open(root, "/proc/self/fd/0", O_PATH, &d, &err) == -ELOOP);
}

static void what_is_there_is_told_from_what_is_not(void)
{
	struct folder folder;
	autofd root = -1;
	struct err err;
	int fd = -1;

	folder_make(&folder);
	root = make_tree(&folder);
	CHECK(path_open_literal(root, "nowhere/x", O_PATH, &fd, &err) == PATH_MISSING);
	CHECK(path_open_literal(root, "abs/b", O_PATH, &fd, &err) == PATH_SYMLINK);
	CHECK(path_open_literal(root, "f/x", O_PATH, &fd, &err) == -ENOTDIR);
	CHECK(path_open_if_exists(root, "nowhere", O_PATH, &fd, &err) == 1);
	CHECK(path_open_if_exists(root, "f/x", O_PATH, &fd, &err) == 1);
	CHECK(path_open_if_exists(root, "loop", O_PATH, &fd, &err) == -ELOOP);
	CHECK(fd == -1);
	folder_remove(&folder);
}

static const struct unit_test tests[] = {
	TEST(the_walk_leads_where_the_kernel_leads),
	TEST(the_walk_agrees_on_many_paths),
	TEST(what_is_made_is_made_inside),
	TEST(a_file_is_made_where_a_dangling_link_leads),
	TEST(magic_links_of_procfs_are_not_followed),
	TEST(what_is_there_is_told_from_what_is_not),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
