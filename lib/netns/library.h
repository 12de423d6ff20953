/* libnl-3, loaded when a device is to be moved and not before: linking it would cost every operation its loading.  With
 * KAVEL_STATIC it is linked, as a static program cannot load libraries.  rtnl.c alone uses it. */
#pragma once

#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>

#include "base/err.h"

/* The functions that are used. */
#define NETLINK_FUNCTIONS(X)                                                                                       \
	X(nl_socket_alloc) X(nl_socket_free) X(nl_socket_get_fd) X(nl_socket_modify_cb) X(nl_socket_modify_err_cb) \
	X(nl_connect) X(nl_send_auto) X(nl_recvmsgs_default) X(nl_geterror)                                        \
	X(nlmsg_alloc_simple) X(nlmsg_free) X(nlmsg_append) X(nlmsg_hdr) X(nlmsg_data) X(nlmsg_parse)              \
	X(nla_put) X(nla_data) X(nla_len)

struct netlink_library {
	void *handle; /* of dlopen(3); NULL: linked */
#define NETLINK_MEMBER(function) __typeof__(function) *function;
	NETLINK_FUNCTIONS(NETLINK_MEMBER)
#undef NETLINK_MEMBER
};

/* Errors: ENOENT when libnl-3.so.200 is not installed or lacks a function. */
int netlink_library_open(struct netlink_library *ret, struct err *err);

void netlink_library_close(struct netlink_library *library);
