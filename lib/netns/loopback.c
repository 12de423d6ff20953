#include "netns/netns.h"

#include <errno.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

int netns_loopback_up(struct err *err)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd;

	/* any socket takes these requests; this family exists even where IP is switched off */
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* close-on-exec, and soon closed with the other descriptors of the set-up */
	if (fd < 0)
		return err_sys(err, errno, "open a socket for the loopback interface");
	/* its other flags can be left out: none that this call changes is set in a new namespace */
	if (ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		return err_sys(err, errno, "set the loopback interface up");
	return 0;
}
