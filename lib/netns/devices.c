/* linux.netDevices.
 *
 * One request moves a device, names it and numbers it, so that nobody in the guest sees it with another name, and it is
 * found again by the number (index) that was asked for, whatever name the kernel made of a template. */
#include "netns/netns.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/auto.h"
#include "base/log.h"
#include "base/str.h"
#include "netns/rtnl.h"

#define OWN_NAMESPACE "/proc/thread-self/ns/net"

/* The two ends of a move. */
struct ends {
	int home_fd;
	struct rtnl *home, *there; /* there NULL: not known any more */
};
#define ENDS_CLOSED { .home_fd = -1 }

static void ends_close(struct ends *ends)
{
	rtnl_close(ends->home);
	rtnl_close(ends->there);
	auto_close(&ends->home_fd);
}

static int inode_of(int fd, uint64_t *ret, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "look at a network namespace");
	*ret = st.st_ino;
	return 0;
}

int netns_open(const char *path, uint64_t inode, int *ret, struct err *err)
{
	autofd fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	uint64_t found;
	int r;

	if (fd < 0)
		return errno == ENOENT ? 1 : err_sys(err, errno, "open the network namespace %s", path);
	r = inode_of(fd, &found, err);
	if (r < 0)
		return r;
	if (inode && found != inode)
		return 1;
	*ret = take_fd(&fd);
	return 0;
}

/* A connection is of the namespace where it was opened: go there for that moment. */
static int open_there(int home, int target, struct rtnl **ret, struct err *err)
{
	struct err lost;
	int r;

	if (setns(target, CLONE_NEWNET) < 0)
		return err_sys(err, errno, "enter the guest's network namespace");
	r = rtnl_open(ret, err);
	if (setns(home, CLONE_NEWNET) < 0) {
		(void)err_sys(&lost, errno, "return from the guest's network namespace");
		*err = lost;
		return -lost.number;
	}
	return r;
}

/* target -1: not known any more. */
static int ends_open(int target, struct ends *ret, struct err *err)
{
	int r = netns_open(OWN_NAMESPACE, 0, &ret->home_fd, err);

	if (r > 0)
		r = err_set(err, ENOENT, "there is no " OWN_NAMESPACE);
	if (r == 0)
		r = rtnl_open(&ret->home, err);
	if (r == 0 && target >= 0)
		r = open_there(ret->home_fd, target, &ret->there, err);
	return r;
}

static int in_device(const struct netns_device *device, struct err *err)
{
	return err_in(err, "linux.netDevices[\"%s\"]", device->key);
}

static bool is_template(const char *name)
{
	return strchr(name, '%');
}

/* ---------------------------------------------------------------- looking */

/* first_free: an index that neither namespace has, nor any above it. */
static int choose_index(struct rtnl *there, uint32_t *first_free, struct netns_device *device, struct err *err)
{
	struct rtnl_link link;
	int r = rtnl_link_indexed(there, device->index, &link, err);

	if (r < 0)
		return r;
	device->inside_index = r ? device->index : (*first_free)++;
	return 0;
}

static int check_name(struct rtnl *there, const struct netns_device *device, struct err *err)
{
	struct rtnl_link link;
	int r = is_template(device->inside) ? 1 : rtnl_link_named(there, device->inside, &link, err);

	if (r == 0)
		return err_set(err, EEXIST, "the guest's network namespace has a device named \"%s\" already",
			       device->inside);
	return r < 0 ? r : 0;
}

static int look_at(const struct ends *ends, uint32_t *first_free, struct arena *arena, struct netns_device *device,
		   struct err *err)
{
	struct rtnl_link link;
	int r = rtnl_link_named(ends->home, device->key, &link, err);

	if (r > 0)
		return err_set(err, ENODEV, "there is no such network device");
	if (r < 0)
		return r;
	if (link.flags & IFF_LOOPBACK)
		return err_user(err, "a loopback device cannot be moved to another network namespace");
	device->name = arena_strdup(arena, link.name);
	device->mac = arena_strdup(arena, link.mac);
	device->index = link.index;
	device->master = link.master;
	device->was_up = link.flags & IFF_UP;
	if (!device->name || !device->mac)
		return err_memory(err);
	r = check_name(ends->there, device, err);
	if (r == 0)
		r = choose_index(ends->there, first_free, device, err);
	return r < 0 ? r : rtnl_addresses(ends->home, device->index, arena, &device->addresses, err);
}

/* A device has alternative names as well. */
static int check_twice(const struct netns_devices *devices, size_t last, struct err *err)
{
	for (size_t i = 0; i < last; i++)
		if (devices->items[i].index == devices->items[last].index)
			return err_user(err, "is the same device as linux.netDevices[\"%s\"]", devices->items[i].key);
	return 0;
}

static int look_at_all(const struct spec_net_devices *asked, const struct ends *ends, struct arena *arena,
		       struct netns_moved *moved, struct err *err)
{
	struct netns_devices *devices = &moved->devices;
	uint32_t here, there;
	int r = rtnl_link_highest(ends->home, &here, err);

	if (r == 0)
		r = rtnl_link_highest(ends->there, &there, err);
	if (r < 0)
		return r;
	here = (here > there ? here : there) + 1;
	for (size_t i = 0; i < asked->count; i++) {
		struct netns_device *device = &devices->items[i];

		device->key = asked->items[i].host_name;
		device->inside = asked->items[i].name ? asked->items[i].name : device->key;
		r = look_at(ends, &here, arena, device, err);
		if (r == 0)
			r = check_twice(devices, i, err);
		if (r < 0)
			return in_device(device, err);
	}
	return 0;
}

int netns_devices_find(const struct spec *spec, int target, struct arena *arena, struct netns_moved *ret,
		       struct err *err)
{
	const struct spec_net_devices *asked = &spec->linux_.net_devices;
	struct netns_moved moved = { .devices.count = asked->count };
	struct ends ends = ENDS_CLOSED;
	int r = ends_open(target, &ends, err);

	moved.devices.items = ARENA_NEW(arena, struct netns_device, asked->count);
	if (r == 0 && !moved.devices.items)
		r = err_memory(err);
	if (r == 0)
		r = inode_of(ends.home_fd, &moved.home, err);
	if (r == 0)
		r = inode_of(target, &moved.target, err);
	if (r == 0 && moved.home == moved.target)
		r = err_user(err, "linux.netDevices: the guest's network namespace is the one that the devices are in");
	if (r == 0)
		r = look_at_all(asked, &ends, arena, &moved, err);
	ends_close(&ends);
	if (r == 0)
		*ret = moved;
	return r;
}

/* ---------------------------------------------------------------- moving */

static int explain_move(const struct netns_device *device, struct err *err)
{
	switch (err->number) {
	case EINVAL:
		return err_hint(err, "devices of some kinds, such as bridges, are bound to their network namespace");
	case EEXIST:
		return err_hint(err, "the guest's network namespace has a device named \"%s\" or \"%s\" already",
				device->inside, device->name);
	case EPERM:
		return err_hint(err, "it needs CAP_NET_ADMIN in both network namespaces");
	case EBUSY:
		return err_hint(err, "the guest's network namespace has got a device with index %u meanwhile",
				device->inside_index);
	default:
		return -err->number;
	}
}

/* The label of an address of a device of that name; NULL: none, or longer than a label can be. */
static const char *make_label(const struct netns_address *address, const char *name, char text[RTNL_NAME_MAX])
{
	int n = address->label ? snprintf(text, RTNL_NAME_MAX, "%s%s", name, address->label) : RTNL_NAME_MAX;

	return n < RTNL_NAME_MAX ? text : NULL;
}

static int give_addresses(struct rtnl *rtnl, const struct rtnl_link *link, const struct netns_device *device,
			  struct err *err)
{
	char label[RTNL_NAME_MAX];

	for (size_t i = 0; i < device->addresses.count; i++) {
		const struct netns_address *address = &device->addresses.items[i];
		int r = rtnl_address_add(rtnl, link->index, address, make_label(address, link->name, label), err);

		if (r < 0)
			return err_in(err, "address %s/%u", address->local, address->prefix);
	}
	return 0;
}

static int move_one(const struct ends *ends, int target, const struct netns_device *device, struct err *err)
{
	const struct rtnl_change move = {
		.moves = true,
		.netns = target,
		.new_index = device->inside_index,
		.name = device->inside,
	};
	struct rtnl_link link;
	int r = rtnl_link_change(ends->home, device->index, &move, err);

	if (r < 0)
		return explain_move(device, err);
	r = rtnl_link_indexed(ends->there, device->inside_index, &link, err);
	if (r > 0)
		return err_set(err, ENODEV, "it did not get index %u in the guest's network namespace (Linux 5.13)",
			       device->inside_index);
	if (r == 0)
		r = give_addresses(ends->there, &link, device, err);
	return r < 0 ? r : rtnl_link_change(ends->there, link.index, &(struct rtnl_change){ .up = true }, err);
}

int netns_devices_move(const struct netns_moved *moved, int target, struct err *err)
{
	struct ends ends = ENDS_CLOSED;
	int r = ends_open(target, &ends, err);

	for (size_t i = 0; r == 0 && i < moved->devices.count; i++) {
		r = move_one(&ends, target, &moved->devices.items[i], err);
		if (r < 0)
			r = in_device(&moved->devices.items[i], err);
	}
	ends_close(&ends);
	return r;
}

/* ---------------------------------------------------------------- taking back */

/* Find a device by an index or, with index 0, by a name: only if it is the one that is looked for.  Returns 0 or 1. */
static int recognize(struct rtnl *rtnl, uint32_t index, const char *name, const struct netns_device *device,
		     struct rtnl_link *ret, struct err *err)
{
	int r = index ? rtnl_link_indexed(rtnl, index, ret, err) : rtnl_link_named(rtnl, name, ret, err);

	return r == 0 && !str_eq(ret->mac, device->mac) ? 1 : r;
}

/* What is lost on the way: it is as before the create then, but for its routes. */
static int restore(struct rtnl *home, const struct rtnl_link *link, const struct netns_device *device, struct err *err)
{
	int r = 0;

	if (device->master && link->master != device->master)
		r = rtnl_link_change(home, link->index, &(struct rtnl_change){ .master = device->master }, err);
	if (r == 0)
		r = give_addresses(home, link, device, err);
	return r < 0 || !device->was_up ? r
					: rtnl_link_change(home, link->index, &(struct rtnl_change){ .up = true }, err);
}

/* Move it home.  Its index and even its name may have been given to another device meanwhile. */
static int move_home(const struct ends *ends, uint32_t index, const struct netns_device *device, struct rtnl_link *ret,
		     struct err *err)
{
	struct rtnl_change move = {
		.moves = true, .netns = ends->home_fd, .new_index = device->index, .name = device->name
	};
	int r = rtnl_link_change(ends->there, index, &move, err);

	if (r == -EBUSY) {
		r = rtnl_link_highest(ends->home, &move.new_index, err);
		move.new_index++;
		if (r == 0)
			r = rtnl_link_change(ends->there, index, &move, err);
	}
	if (r == -EEXIST) {
		log_warning("linux.netDevices[\"%s\"]: its name was taken meanwhile: it gets another one", device->key);
		move.name = "dev%d";
		r = rtnl_link_change(ends->there, index, &move, err);
	}
	if (r == 0)
		r = recognize(ends->home, move.new_index, NULL, device, ret, err);
	return r > 0 ? err_set(err, ENODEV, "it was moved back, and is not there") : r;
}

/* The kernel returns a physical device whose namespace ends, with the name it had there, to the initial one. */
static int rename_returned(struct rtnl *home, const struct netns_device *device, struct rtnl_link *ret, struct err *err)
{
	int r = recognize(home, device->inside_index, NULL, device, ret, err);

	if (r > 0 && !is_template(device->inside))
		r = recognize(home, 0, device->inside, device, ret, err);
	if (r == 0 && !str_eq(ret->name, device->name))
		r = rtnl_link_change(home, ret->index, &(struct rtnl_change){ .name = device->name }, err);
	if (r == 0)
		(void)snprintf(ret->name, sizeof(ret->name), "%s", device->name);
	return r;
}

static int bring_back(const struct ends *ends, const struct netns_device *device, struct err *err)
{
	struct rtnl_link link;
	int r = ends->there ? recognize(ends->there, device->inside_index, NULL, device, &link, err) : 1;

	if (r == 0) {
		r = move_home(ends, link.index, device, &link, err);
	} else if (r > 0) {
		r = recognize(ends->home, device->index, NULL, device, &link, err);
		if (r == 0 && str_eq(link.name, device->name))
			return 0; /* it never left */
		if (r >= 0)
			r = rename_returned(ends->home, device, &link, err);
	}
	if (r > 0) {
		log_warning(
			"linux.netDevices[\"%s\"]: the device is gone: virtual ones end with their network namespace",
			device->key);
		return 0;
	}
	return r < 0 ? r : restore(ends->home, &link, device, err);
}

int netns_devices_return(const struct netns_moved *moved, int target, struct err *err)
{
	struct ends ends = ENDS_CLOSED;
	struct err other;
	uint64_t here = 0;
	int result = 0, r = ends_open(target, &ends, err);

	if (r == 0)
		r = inode_of(ends.home_fd, &here, err);
	if (r == 0 && here != moved->home)
		log_warning(
			"linux.netDevices: the devices came from another network namespace: they stay where they are");
	/* the last one first: a name may have been free only because another device was moved before */
	for (size_t i = moved->devices.count; r == 0 && here == moved->home && i > 0; i--) {
		const struct netns_device *device = &moved->devices.items[i - 1];

		if (bring_back(&ends, device, &other) == 0)
			continue;
		(void)in_device(device, &other);
		if (result == 0)
			*err = other;
		result = -err->number;
	}
	ends_close(&ends);
	return r < 0 ? r : result;
}
