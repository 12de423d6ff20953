#include <errno.h>
#include <stdbool.h>

/* the seam: everything of the kernel's that path.c calls by number comes from here */
#include "base/sys.h"

static int no_openat2(void)
{
	errno = ENOSYS;
	return -1;
}

#define sys_openat2(dir, path, flags, mode, resolve) ((void)(dir), (void)(path), (void)(flags), (void)(resolve), no_openat2())

#define path_open	      walked_open
#define path_open_if_exists   walked_open_if_exists
#define path_open_literal     walked_open_literal
#define path_make_dir	      walked_make_dir
#define path_make_file	      walked_make_file
#define path_make_parent      walked_make_parent
#define path_verify_fs	      walked_verify_fs
#define path_is_char_device   walked_is_char_device

#include "base/path.c"
