/* Device rules: linux.resources.devices in the form that the kernel's side is made from.
 *
 * The meaning is that of the specification's ordered list: what a request (read, write, mknod of one device) may do is
 * said by the last rule that covers that device and that kind of access; without one it is denied. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "spec/spec.h"

/* Kinds of access, as BPF_DEVCG_ACC_... */
#define DEVICE_MKNOD 1u
#define DEVICE_READ  2u
#define DEVICE_WRITE 4u
#define DEVICE_ALL   7u

struct device_rule {
	bool allow;
	char type;	      /* 'a' (both), 'b', 'c' */
	int64_t major, minor; /* -1: all */
	unsigned int access;  /* DEVICE_... */
};

struct device_rules {
	struct device_rule *items;
	size_t count; /* 0: nothing is said, and all is allowed */
};

/* Check the rules, and append those that every container has: mknod of any device, and the devices that the
 * specification supplies.  rules with count 0: none at all.
 * Errors: EINVAL, naming linux.resources.devices[N].member. */
int devices_read(const struct spec_device_rules *rules, struct arena *arena, struct device_rules *ret, struct err *err);

/* "c 1:3 rw" in `text`: the form of v1's devices.allow. */
#define DEVICE_TEXT_MAX 64
void device_rule_text(const struct device_rule *rule, char text[DEVICE_TEXT_MAX]);

/* One line: "device allow c 1:3 rwm". */
void device_rule_print(const struct device_rule *rule, struct str_buf *out);

/* What v1's devices controller can be told: deny all or allow all, then exceptions to that.  The rules are reduced to
 * such a list.  ret_default_allow: what holds for all others.
 * Errors: EINVAL when a rule takes back a part of an earlier, wider one, which v1 cannot express. */
int devices_reduce(const struct device_rules *rules, struct arena *arena, bool *ret_default_allow,
		   struct device_rules *ret, struct err *err);
