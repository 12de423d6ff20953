#include "netns/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/auto.h"
#include "base/str.h"
#include "netns/library.h"

#define WHY_MAX	  200
#define DUMP_TRIES 20 /* a list that changes while it is read is read again */

struct rtnl {
	struct netlink_library nl;
	struct nl_sock *socket;
	/* of the request under way */
	int (*take)(struct rtnl *rtnl, struct nl_msg *message, void *data); /* each answer */
	void *data;
	bool is_done;
	int number;	   /* errno of the kernel's refusal */
	char why[WHY_MAX]; /* its words */
};

/* ---------------------------------------------------------------- requests and answers */

static int on_answer(struct nl_msg *message, void *data)
{
	struct rtnl *rtnl = data;
	int r = rtnl->take && !rtnl->number ? rtnl->take(rtnl, message, rtnl->data) : 0;

	if (r < 0)
		rtnl->number = -r;
	return NL_OK;
}

static int on_end(struct nl_msg *message, void *data)
{
	struct rtnl *rtnl = data;

	(void)message;
	rtnl->is_done = true;
	return NL_STOP;
}

/* The text that the kernel may send with an error (NETLINK_EXT_ACK, netlink(7)). */
static void take_words(struct rtnl *rtnl, const struct nlmsgerr *error)
{
	const struct nlmsghdr *header = (const void *)((const char *)error - NLMSG_HDRLEN);
	const char *at = (const char *)(error + 1), *end = (const char *)header + header->nlmsg_len;

	if (!(header->nlmsg_flags & NLM_F_ACK_TLVS) || !(header->nlmsg_flags & NLM_F_CAPPED))
		return;
	while (end - at >= (ptrdiff_t)sizeof(struct nlattr)) {
		const struct nlattr *attribute = (const void *)at;

		if (attribute->nla_len < sizeof(*attribute) || attribute->nla_len > end - at)
			return;
		if ((attribute->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			(void)snprintf(rtnl->why, sizeof(rtnl->why), "%.*s",
				       (int)(attribute->nla_len - sizeof(*attribute)), at + sizeof(*attribute));
		at += NLA_ALIGN(attribute->nla_len);
	}
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *error, void *data)
{
	struct rtnl *rtnl = data;

	(void)from;
	rtnl->number = -error->error;
	take_words(rtnl, error);
	rtnl->is_done = true;
	return NL_STOP;
}

static int fail(const struct rtnl *rtnl, const char *what, struct err *err)
{
	(void)err_sys(err, rtnl->number, "%s", what);
	return *rtnl->why ? err_hint(err, "%s", rtnl->why) : -rtnl->number;
}

/* Send a request, which is freed, and take all answers. message NULL: memory ran out.  Returns -errno without a text. */
static int exchange(struct rtnl *rtnl, struct nl_msg *message,
		    int (*take)(struct rtnl *rtnl, struct nl_msg *message, void *data), void *data)
{
	int r = message ? rtnl->nl.nl_send_auto(rtnl->socket, message) : -NLE_NOMEM;

	rtnl->nl.nlmsg_free(message);
	rtnl->take = take;
	rtnl->data = data;
	rtnl->is_done = false;
	rtnl->number = 0;
	rtnl->why[0] = '\0';
	while (r >= 0 && !rtnl->is_done)
		r = rtnl->nl.nl_recvmsgs_default(rtnl->socket);
	/* the library's own codes say less than the kernel's */
	if (r < 0 && !rtnl->number) {
		rtnl->number = r == -NLE_NOMEM ? ENOMEM : r == -NLE_DUMP_INTR ? EAGAIN : EIO;
		(void)snprintf(rtnl->why, sizeof(rtnl->why), "netlink: %s", rtnl->nl.nl_geterror(r));
	}
	return -rtnl->number;
}

/* A request with its fixed part; NULL when memory ran out. */
static struct nl_msg *request(const struct rtnl *rtnl, int type, int flags, void *fixed, size_t size)
{
	struct nl_msg *message = rtnl->nl.nlmsg_alloc_simple(type, NLM_F_REQUEST | flags);

	if (message && rtnl->nl.nlmsg_append(message, fixed, size, NLMSG_ALIGNTO) < 0) {
		rtnl->nl.nlmsg_free(message);
		return NULL;
	}
	return message;
}

/* Add an attribute; on failure the message is freed, and NULL from then on. */
static void put(const struct rtnl *rtnl, struct nl_msg **message, int type, const void *data, size_t size)
{
	if (*message && rtnl->nl.nla_put(*message, type, (int)size, data) < 0) {
		rtnl->nl.nlmsg_free(*message);
		*message = NULL;
	}
}

static void put_u32(const struct rtnl *rtnl, struct nl_msg **message, int type, uint32_t value)
{
	put(rtnl, message, type, &value, sizeof(value));
}

static uint32_t get_u32(const struct rtnl *rtnl, struct nlattr *attribute)
{
	uint32_t value = 0;

	if (attribute && rtnl->nl.nla_len(attribute) >= (int)sizeof(value))
		memcpy(&value, rtnl->nl.nla_data(attribute), sizeof(value));
	return value;
}

static int set_up(struct rtnl *rtnl, struct err *err)
{
	const struct netlink_library *nl = &rtnl->nl;
	const int on = 1;
	int r, fd;

	rtnl->socket = nl->nl_socket_alloc();
	if (!rtnl->socket)
		return err_memory(err);
	r = nl->nl_connect(rtnl->socket, NETLINK_ROUTE);
	if (r < 0)
		return err_set(err, EIO, "connect to rtnetlink: %s", nl->nl_geterror(r));
	if (nl->nl_socket_modify_cb(rtnl->socket, NL_CB_VALID, NL_CB_CUSTOM, on_answer, rtnl) < 0 ||
	    nl->nl_socket_modify_cb(rtnl->socket, NL_CB_ACK, NL_CB_CUSTOM, on_end, rtnl) < 0 ||
	    nl->nl_socket_modify_cb(rtnl->socket, NL_CB_FINISH, NL_CB_CUSTOM, on_end, rtnl) < 0 ||
	    nl->nl_socket_modify_err_cb(rtnl->socket, NL_CB_CUSTOM, on_error, rtnl) < 0)
		return err_set(err, EIO, "set up rtnetlink");
	fd = nl->nl_socket_get_fd(rtnl->socket);
	/* words instead of a mere errno, where the kernel has them */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	return 0;
}

int rtnl_open(struct rtnl **ret, struct err *err)
{
	struct rtnl *rtnl = calloc(1, sizeof(*rtnl));
	int r = rtnl ? netlink_library_open(&rtnl->nl, err) : err_memory(err);

	if (r == 0)
		r = set_up(rtnl, err);
	if (r < 0) {
		rtnl_close(rtnl);
		return r;
	}
	*ret = rtnl;
	return 0;
}

void rtnl_close(struct rtnl *rtnl)
{
	if (!rtnl)
		return;
	if (rtnl->socket)
		rtnl->nl.nl_socket_free(rtnl->socket);
	netlink_library_close(&rtnl->nl);
	free(rtnl);
}

/* ---------------------------------------------------------------- devices */

static void take_mac(const struct rtnl *rtnl, struct nlattr *attribute, char text[RTNL_MAC_MAX])
{
	const unsigned char *bytes = attribute ? rtnl->nl.nla_data(attribute) : NULL;
	size_t size = attribute ? (size_t)rtnl->nl.nla_len(attribute) : 0;

	text[0] = '\0';
	for (size_t i = 0, used = 0; i < size && used + 4 < RTNL_MAC_MAX; i++)
		used += (size_t)snprintf(text + used, 4, i ? ":%02x" : "%02x", bytes[i]);
}

static int take_link(struct rtnl *rtnl, struct nl_msg *message, void *data)
{
	const struct netlink_library *nl = &rtnl->nl;
	struct nlmsghdr *header = nl->nlmsg_hdr(message);
	const struct ifinfomsg *fixed = nl->nlmsg_data(header);
	struct nlattr *attributes[IFLA_MAX + 1];
	struct rtnl_link *link = data;

	if (header->nlmsg_type != RTM_NEWLINK ||
	    nl->nlmsg_parse(header, sizeof(*fixed), attributes, IFLA_MAX, NULL) < 0)
		return 0;
	link->index = (uint32_t)fixed->ifi_index;
	link->flags = fixed->ifi_flags;
	link->master = get_u32(rtnl, attributes[IFLA_MASTER]);
	if (attributes[IFLA_IFNAME])
		(void)snprintf(link->name, sizeof(link->name), "%.*s", nl->nla_len(attributes[IFLA_IFNAME]),
			       (const char *)nl->nla_data(attributes[IFLA_IFNAME]));
	take_mac(rtnl, attributes[IFLA_ADDRESS], link->mac);
	return 0;
}

static int get_link(struct rtnl *rtnl, uint32_t index, const char *name, struct rtnl_link *ret, struct err *err)
{
	struct ifinfomsg fixed = { .ifi_index = (int)index };
	struct nl_msg *message = request(rtnl, RTM_GETLINK, 0, &fixed, sizeof(fixed));
	int r;

	if (name)
		put(rtnl, &message, IFLA_IFNAME, name, strlen(name) + 1);
	*ret = (struct rtnl_link){ 0 };
	r = exchange(rtnl, message, take_link, ret);
	if (r == -ENODEV)
		return 1;
	return r < 0 ? fail(rtnl, "look for the device", err) : 0;
}

int rtnl_link_named(struct rtnl *rtnl, const char *name, struct rtnl_link *ret, struct err *err)
{
	return get_link(rtnl, 0, name, ret, err);
}

int rtnl_link_indexed(struct rtnl *rtnl, uint32_t index, struct rtnl_link *ret, struct err *err)
{
	return get_link(rtnl, index, NULL, ret, err);
}

static int take_highest(struct rtnl *rtnl, struct nl_msg *message, void *data)
{
	const struct nlmsghdr *header = rtnl->nl.nlmsg_hdr(message);
	const struct ifinfomsg *fixed = rtnl->nl.nlmsg_data(header);
	uint32_t *highest = data;

	if (header->nlmsg_type == RTM_NEWLINK && (uint32_t)fixed->ifi_index > *highest)
		*highest = (uint32_t)fixed->ifi_index;
	return 0;
}

int rtnl_link_highest(struct rtnl *rtnl, uint32_t *ret, struct err *err)
{
	struct ifinfomsg fixed = { .ifi_family = AF_UNSPEC };
	uint32_t highest = 0;
	int r = -EAGAIN;

	for (int i = 0; i < DUMP_TRIES && r == -EAGAIN; i++)
		r = exchange(rtnl, request(rtnl, RTM_GETLINK, NLM_F_DUMP, &fixed, sizeof(fixed)), take_highest,
			     &highest);
	if (r < 0)
		return fail(rtnl, "list the devices", err);
	*ret = highest;
	return 0;
}

int rtnl_link_change(struct rtnl *rtnl, uint32_t index, const struct rtnl_change *change, struct err *err)
{
	struct ifinfomsg fixed = {
		.ifi_index = (int)index,
		.ifi_flags = change->up ? IFF_UP : 0,
		.ifi_change = change->up ? IFF_UP : 0,
	};
	struct nl_msg *message = request(rtnl, RTM_SETLINK, NLM_F_ACK, &fixed, sizeof(fixed));

	if (change->moves) {
		put_u32(rtnl, &message, IFLA_NET_NS_FD, (uint32_t)change->netns);
		if (change->new_index)
			put_u32(rtnl, &message, IFLA_NEW_IFINDEX, change->new_index);
	}
	if (change->name)
		put(rtnl, &message, IFLA_IFNAME, change->name, strlen(change->name) + 1);
	if (change->master)
		put_u32(rtnl, &message, IFLA_MASTER, change->master);
	return exchange(rtnl, message, NULL, NULL) < 0
		       ? fail(rtnl, change->moves ? "move the device" : "change the device", err)
		       : 0;
}

/* ---------------------------------------------------------------- addresses */

/* The others tell what became of an address, or are the kernel's to give. */
#define KEPT_FLAGS                                                                                                  \
	(IFA_F_NODAD | IFA_F_OPTIMISTIC | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE |          \
	 IFA_F_MCAUTOJOIN)

struct address_list {
	uint32_t index;
	struct arena *arena;
	struct netns_addresses *list;
	size_t room;
};

static struct netns_address *append(struct address_list *to)
{
	struct netns_addresses *list = to->list;

	if (list->count == to->room) {
		size_t room = to->room ? to->room * 2 : 4;
		struct netns_address *items = ARENA_NEW(to->arena, struct netns_address, room);

		if (!items)
			return NULL;
		if (list->count)
			memcpy(items, list->items, list->count * sizeof(*items));
		list->items = items;
		to->room = room;
	}
	return &list->items[list->count++];
}

/* The text of an attribute that is an address; NULL: there is none. */
static const char *text_of(const struct rtnl *rtnl, int family, struct nlattr *attribute, struct arena *arena)
{
	char text[INET6_ADDRSTRLEN];

	if (!attribute || rtnl->nl.nla_len(attribute) != (family == AF_INET ? 4 : 16) ||
	    !inet_ntop(family, rtnl->nl.nla_data(attribute), text, sizeof(text)))
		return NULL;
	return arena_strdup(arena, text);
}

/* "eth0:1" is about to be of another device name: what matters is ":1". */
static const char *label_of(const struct rtnl *rtnl, struct nlattr *attribute, struct arena *arena)
{
	const char *label = attribute ? rtnl->nl.nla_data(attribute) : "";
	const char *colon = strchr(label, ':');

	return colon ? arena_strdup(arena, colon) : NULL;
}

static int take_address(struct rtnl *rtnl, struct nl_msg *message, void *data)
{
	const struct netlink_library *nl = &rtnl->nl;
	struct nlmsghdr *header = nl->nlmsg_hdr(message);
	const struct ifaddrmsg *fixed = nl->nlmsg_data(header);
	struct nlattr *at[IFA_MAX + 1];
	struct ifa_cacheinfo cache = { .ifa_prefered = UINT32_MAX };
	struct address_list *to = data;
	struct netns_address *address;
	uint32_t flags;

	if (header->nlmsg_type != RTM_NEWADDR || fixed->ifa_index != to->index ||
	    nl->nlmsg_parse(header, sizeof(*fixed), at, IFA_MAX, NULL) < 0)
		return 0;
	flags = at[IFA_FLAGS] ? get_u32(rtnl, at[IFA_FLAGS]) : fixed->ifa_flags;
	if (fixed->ifa_scope != RT_SCOPE_UNIVERSE || !(flags & IFA_F_PERMANENT) ||
	    (fixed->ifa_family != AF_INET && fixed->ifa_family != AF_INET6))
		return 0;
	address = append(to);
	if (!address)
		return -ENOMEM;
	if (at[IFA_CACHEINFO] && nl->nla_len(at[IFA_CACHEINFO]) >= (int)sizeof(cache))
		memcpy(&cache, nl->nla_data(at[IFA_CACHEINFO]), sizeof(cache));
	address->local = text_of(rtnl, fixed->ifa_family, at[IFA_LOCAL] ? at[IFA_LOCAL] : at[IFA_ADDRESS], to->arena);
	address->peer = text_of(rtnl, fixed->ifa_family, at[IFA_LOCAL] ? at[IFA_ADDRESS] : NULL, to->arena);
	address->broadcast = text_of(rtnl, fixed->ifa_family, at[IFA_BROADCAST], to->arena);
	address->label = label_of(rtnl, at[IFA_LABEL], to->arena);
	address->prefix = fixed->ifa_prefixlen;
	address->flags = flags & KEPT_FLAGS;
	address->metric = get_u32(rtnl, at[IFA_RT_PRIORITY]);
	address->protocol = at[IFA_PROTO] ? *(const uint8_t *)nl->nla_data(at[IFA_PROTO]) : 0;
	address->preferred = cache.ifa_prefered;
	if (!address->local)
		return -ENOMEM;
	if (address->peer && str_eq(address->peer, address->local))
		address->peer = NULL;
	return 0;
}

int rtnl_addresses(struct rtnl *rtnl, uint32_t index, struct arena *arena, struct netns_addresses *ret, struct err *err)
{
	struct ifaddrmsg fixed = { .ifa_family = AF_UNSPEC };
	struct address_list list = { .index = index, .arena = arena, .list = ret };
	int r = -EAGAIN;

	for (int i = 0; i < DUMP_TRIES && r == -EAGAIN; i++) {
		*ret = (struct netns_addresses){ 0 };
		list.room = 0;
		r = exchange(rtnl, request(rtnl, RTM_GETADDR, NLM_F_DUMP, &fixed, sizeof(fixed)), take_address, &list);
	}
	return r < 0 ? fail(rtnl, "list the addresses", err) : 0;
}

/* Add an attribute from an address's text; false: it is none. */
static bool put_address(const struct rtnl *rtnl, struct nl_msg **message, int type, int family, const char *text)
{
	unsigned char bytes[16];

	if (inet_pton(family, text, bytes) != 1)
		return false;
	put(rtnl, message, type, bytes, family == AF_INET ? 4 : 16);
	return true;
}

int rtnl_address_add(struct rtnl *rtnl, uint32_t index, const struct netns_address *address, const char *label,
		     struct err *err)
{
	const int family = strchr(address->local, ':') ? AF_INET6 : AF_INET;
	struct ifaddrmsg fixed = {
		.ifa_family = (uint8_t)family,
		.ifa_prefixlen = (uint8_t)address->prefix,
		.ifa_scope = RT_SCOPE_UNIVERSE,
		.ifa_index = index,
	};
	/* for ever is what makes it permanent */
	const struct ifa_cacheinfo cache = { .ifa_prefered = address->preferred, .ifa_valid = UINT32_MAX };
	const uint8_t protocol = (uint8_t)address->protocol;
	struct nl_msg *message =
		request(rtnl, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &fixed, sizeof(fixed));
	bool is_good;
	int r;

	is_good = put_address(rtnl, &message, IFA_LOCAL, family, address->local) &&
		  put_address(rtnl, &message, IFA_ADDRESS, family, address->peer ? address->peer : address->local) &&
		  (!address->broadcast || put_address(rtnl, &message, IFA_BROADCAST, family, address->broadcast));
	if (!is_good) {
		rtnl->nl.nlmsg_free(message);
		return err_user(err, "%s is not an address", address->local);
	}
	put_u32(rtnl, &message, IFA_FLAGS, address->flags);
	put(rtnl, &message, IFA_CACHEINFO, &cache, sizeof(cache));
	if (label)
		put(rtnl, &message, IFA_LABEL, label, strlen(label) + 1);
	if (address->metric)
		put_u32(rtnl, &message, IFA_RT_PRIORITY, address->metric);
	if (protocol)
		put(rtnl, &message, IFA_PROTO, &protocol, sizeof(protocol));
	r = exchange(rtnl, message, NULL, NULL);
	if (r == -EEXIST)
		return 0;
	return r < 0 ? fail(rtnl, "give the device its address", err) : 0;
}
