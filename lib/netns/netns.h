/* What is done in the guest's network namespace: the loopback interface is set up, and devices of the host are moved there
 * (linux.netDevices). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "spec/spec.h"

/* Set the loopback interface of the caller's network namespace, which must be a new one, up (netdevice(7)).
 * A close-on-exec descriptor is left open, to be closed with the others of the guest's set-up.  Errors: those of
 * ioctl(2). */
int netns_loopback_up(struct err *err);

/* ---------------------------------------------------------------- devices
 *
 * A move is two steps, so that what will be done is on record before it is done: netns_devices_find() looks at all devices
 * and decides, netns_devices_move() moves them.  A create that fails, at once or found later by delete, is taken back by
 * netns_devices_return().
 *
 * The kernel keeps most of a device when it moves (hardware address, MTU, queues), but takes it down and drops its
 * addresses and routes.  Addresses that are permanent and of global scope are given to it again, then it is set up. */

/* An address as text, see inet_pton(3). */
struct netns_address {
	const char *local;
	const char *peer;      /* the other end of a point-to-point link, or NULL */
	const char *broadcast; /* or NULL */
	const char *label;     /* what follows the device's name in the address's label: ":1"; or NULL */
	uint32_t prefix;       /* length in bits */
	uint32_t flags;	       /* IFA_F_... that can be set */
	uint32_t metric;       /* of its route; 0: the kernel's */
	uint32_t protocol;     /* IFAPROT_...; 0: not said */
	uint32_t preferred;    /* seconds for which it is used for new connections */
};

struct netns_addresses {
	struct netns_address *items;
	size_t count;
};

struct netns_device {
	const char *key;       /* in linux.netDevices, for messages */
	const char *name;      /* on the host */
	const char *inside;    /* in the guest: a name, or a template with "%d" */
	const char *mac;       /* hardware address, or "" */
	uint32_t index;	       /* on the host */
	uint32_t inside_index; /* in the guest */
	uint32_t master;       /* index of the bridge it was part of; 0: none */
	bool was_up;
	struct netns_addresses addresses;
};

struct netns_devices {
	struct netns_device *items;
	size_t count;
};

/* All devices of one create, and the namespaces as the inode numbers of nsfs. */
struct netns_moved {
	uint64_t home, target;
	const char *path; /* of a namespace that was joined, or NULL */
	struct netns_devices devices;
};

/* True if devices can be moved: libnl-3 is there. */
bool netns_devices_supported(void);

/* Look at the devices of linux.netDevices in the caller's network namespace and decide how they are moved to `target`, a
 * descriptor of the guest's.  Nothing is changed.  Strings are taken from the arena, or are the spec's.
 * Errors: no such device; a loopback device; a name that is taken in the target; the target is the caller's own. */
int netns_devices_find(const struct spec *spec, int target, struct arena *arena, struct netns_moved *ret,
		       struct err *err);

/* Move them.  On failure some may have been moved: netns_devices_return().  Errors: the kernel's, explained. */
int netns_devices_move(const struct netns_moved *moved, int target, struct err *err);

/* Bring back each device that is not where and what it was: to the caller's network namespace, which must be the one from
 * which they were taken, with its name, index, addresses, master and "up".  target: the namespace they were moved to, or -1
 * if that is not known any more; then those that the kernel itself has returned get their names back.  What cannot be
 * brought back because it is gone is a warning.  Errors: of the first device that is there but cannot be returned. */
int netns_devices_return(const struct netns_moved *moved, int target, struct err *err);

/* Open the namespace at `path` (/proc/PID/ns/net, or the path of a joined one).  inode: which one it must be; 0: any.
 * Returns 1 when there is none, or another one. */
int netns_open(const char *path, uint64_t inode, int *ret, struct err *err);
