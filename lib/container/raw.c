#include "container/raw.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

int raw_enter(struct raw_terminal *raw, bool keeps_output, struct err *err)
{
	struct termios modes;

	if (!isatty(STDIN_FILENO))
		return 0;
	if (!raw->saved) {
		if (tcgetattr(STDIN_FILENO, &modes) < 0)
			return err_sys(err, errno, "get the terminal's modes");
		raw->saved = malloc(sizeof(modes));
		if (!raw->saved)
			return err_memory(err);
		memcpy(raw->saved, &modes, sizeof(modes));
	}
	memcpy(&modes, raw->saved, sizeof(modes));
	cfmakeraw(&modes);
	if (keeps_output)
		modes.c_oflag |= OPOST;
	raw->is_raw = tcsetattr(STDIN_FILENO, TCSANOW, &modes) == 0;
	return raw->is_raw || errno == EIO ? 0 : err_sys(err, errno, "set the terminal's modes");
}

void raw_leave(struct raw_terminal *raw)
{
	if (raw->is_raw)
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, raw->saved);
	raw->is_raw = false;
}

void raw_free(struct raw_terminal *raw)
{
	raw_leave(raw);
	free(raw->saved);
	raw->saved = NULL;
}

bool raw_size(struct winsize *ret)
{
	struct winsize size;

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row && size.ws_col) {
			*ret = size;
			return true;
		}
	return false;
}
