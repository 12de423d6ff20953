#include "process/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>

#include "base/auto.h"
#include "base/path.h"
#include "base/sys.h"

/* Inode of ptmx in every devpts (fs/devpts/inode.c), and the device number of all multiplexers. */
#define PTMX_INODE 2
#define PTMX_MAJOR 5
#define PTMX_MINOR 2

static int open_master(int root, int *ret_master, struct err *err)
{
	autofd ptmx = -1, master = -1;
	int r;

	r = path_open(root, "dev/pts/ptmx", O_PATH | O_NOFOLLOW, &ptmx, err);
	if (r < 0)
		return err_hint(err, "a terminal needs a mount of type devpts at /dev/pts");
	r = path_verify_fs(ptmx, SYS_DEVPTS_MAGIC, PTMX_INODE, "/dev/pts/ptmx", err);
	if (r < 0)
		return r;
	if (!path_is_char_device(ptmx, PTMX_MAJOR, PTMX_MINOR))
		return err_user(err, "/dev/pts/ptmx is not a terminal multiplexer");
	/* the guest's procfs may be missing or fake, so not through /proc/self/fd: by name again, and checked again */
	r = path_open(root, "dev/pts/ptmx", O_RDWR | O_NOFOLLOW, &master, err);
	if (r < 0)
		return r;
	r = path_verify_fs(master, SYS_DEVPTS_MAGIC, PTMX_INODE, "/dev/pts/ptmx", err);
	if (r < 0)
		return r;
	if (fcntl(master, F_SETFL, O_RDWR) < 0) /* it was opened non-blocking, as all such files are */
		return err_sys(err, errno, "set the terminal's flags");
	*ret_master = take_fd(&master);
	return 0;
}

static int open_peer(int master, int *ret_peer, struct err *err)
{
	int locked = 0, peer;

	if (ioctl(master, TIOCSPTLCK, &locked) < 0)
		return err_sys(err, errno, "unlock the terminal");
	peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (peer < 0)
		return err_sys(err, errno, "open the terminal's other end");
	*ret_peer = peer;
	return 0;
}

/* Lines end in a newline alone, as callers that relay a container's output expect; the size asked for, or the caller's. */
static int set_modes(int peer, const struct spec_console_size *size, struct err *err)
{
	struct winsize window = { .ws_row = size->height, .ws_col = size->width };
	/* from the first moment on that of the caller's, which the standard input still is */
	bool sized = size->is_set || ioctl(STDIN_FILENO, TIOCGWINSZ, &window) == 0;
	struct termios modes;

	if (tcgetattr(peer, &modes) < 0)
		return err_sys(err, errno, "get the terminal's modes");
	modes.c_oflag &= ~(tcflag_t)ONLCR;
	if (tcsetattr(peer, TCSANOW, &modes) < 0)
		return err_sys(err, errno, "set the terminal's modes");
	if (sized && ioctl(peer, TIOCSWINSZ, &window) < 0)
		return err_sys(err, errno, "process.consoleSize: set %ux%u", window.ws_col, window.ws_row);
	return 0;
}

static int mount_console(int root, int peer, struct err *err)
{
	autofd target = -1, tree = -1;
	int r = path_make_file(root, "dev/console", 0620, &target, err);

	if (r < 0)
		return r;
	tree = sys_open_tree(peer, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree < 0)
		return err_sys(err, errno, "clone the mount of the terminal");
	if (sys_move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_sys(err, errno, "mount the terminal on /dev/console");
	return 0;
}

static int take_over(int peer, uid_t uid, bool is_first, struct err *err)
{
	if (fchown(peer, uid, (gid_t)-1) < 0)
		return err_sys(err, errno, "give the terminal to user %u", uid);
	if (is_first && ioctl(peer, TIOCSCTTY, 0) < 0)
		return err_sys(err, errno, "make the terminal the controlling one");
	for (int fd = 0; fd <= 2; fd++)
		if (dup2(peer, fd) < 0)
			return err_sys(err, errno, "make the terminal the standard streams");
	return 0;
}

int terminal_make(uid_t uid, const struct spec_console_size *size, bool is_first, int *ret_master, struct err *err)
{
	autofd root = -1, master = -1, peer = -1;
	int r;

	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return err_sys(err, errno, "open the root directory");
	r = open_master(root, &master, err);
	if (r == 0)
		r = open_peer(master, &peer, err);
	if (r == 0)
		r = set_modes(peer, size, err);
	if (r == 0 && is_first)
		r = mount_console(root, peer, err);
	if (r == 0)
		r = take_over(peer, uid, is_first, err);
	if (r == 0)
		*ret_master = take_fd(&master);
	return r;
}
