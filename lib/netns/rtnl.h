/* rtnetlink(7): what moving a network device needs of it.  A connection belongs to the network namespace in which it was
 * opened, wherever its owner goes afterwards.
 *
 * Failures are the kernel's own; its explanation, where it gives one, stands behind the errno's meaning. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "netns/netns.h"

#define RTNL_NAME_MAX 16 /* IFNAMSIZ */
#define RTNL_MAC_MAX  96 /* 32 bytes as text */

struct rtnl;

struct rtnl_link {
	uint32_t index;
	uint32_t flags; /* IFF_... */
	uint32_t master; /* index of the bridge or bond it is part of; 0: none */
	char name[RTNL_NAME_MAX];
	char mac[RTNL_MAC_MAX]; /* "02:00:00:00:00:01"; "": it has none */
};

/* Connect to the caller's network namespace.  Errors: no libnl-3; those of socket(2). */
int rtnl_open(struct rtnl **ret, struct err *err);
void rtnl_close(struct rtnl *rtnl); /* NULL: nothing */

/* Find a device by its name, an alternative one too, or by its index.  Returns 0, or 1 when there is none. */
int rtnl_link_named(struct rtnl *rtnl, const char *name, struct rtnl_link *ret, struct err *err);
int rtnl_link_indexed(struct rtnl *rtnl, uint32_t index, struct rtnl_link *ret, struct err *err);

/* The highest index in use. */
int rtnl_link_highest(struct rtnl *rtnl, uint32_t *ret, struct err *err);

/* What is to be changed of a device, in one request. */
struct rtnl_change {
	bool moves;
	int netns;	    /* moves: descriptor of the namespace, */
	uint32_t new_index; /* and the index there (Linux 5.13); 0: the kernel's choice */
	const char *name;   /* NULL: kept; may be a template with "%d" */
	uint32_t master;    /* 0: kept */
	bool up;
};
int rtnl_link_change(struct rtnl *rtnl, uint32_t index, const struct rtnl_change *change, struct err *err);

/* The permanent addresses of global scope that a device has, of both families. */
int rtnl_addresses(struct rtnl *rtnl, uint32_t index, struct arena *arena, struct netns_addresses *ret, struct err *err);

/* Give a device an address.  label: what it is called (IFA_LABEL), or NULL.  Returns 0, also when it has that address. */
int rtnl_address_add(struct rtnl *rtnl, uint32_t index, const struct netns_address *address, const char *label,
		     struct err *err);
