/* ns_make_user(): a user namespace with given mappings, and what the kernel says of wrong ones. */
#include <linux/nsfs.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/sys.h"
#include "child.h"
#include "namespaces/map.h"
#include "unit.h"

static struct spec_id_mapping two_items[] = { { 0, 100000, 1000 }, { 1000, 1, 1 } };
static struct spec_id_mapping one_item[] = { { 0, 5, 1 } };
static struct spec_id_mapping own_item[] = { { 0, 1234, 1 } };
static struct spec_id_mapping overlapping_items[] = { { 0, 1, 9 }, { 5, 100, 1 } };

static const struct spec_id_mappings none;
static const struct spec_id_mappings two = { two_items, 2 };
static const struct spec_id_mappings one = { one_item, 1 };
static const struct spec_id_mappings own = { own_item, 1 };
static const struct spec_id_mappings overlapping = { overlapping_items, 2 };

/* Read back from a process in the namespace; and what becomes of single IDs. */
static void check_read(void)
{
	struct spec_id_mappings uids = { 0 };
	uint32_t id = 7;
	struct err err;

	if (!CHECK(ns_read_map(getpid(), NS_MAP_UID, &uids, &err) == 0 && uids.count == 2))
		return;
	CHECK(uids.items[0].container_id == 0 && uids.items[0].host_id == 100000 && uids.items[0].size == 1000);
	CHECK(ns_map_find(&uids, 0, &id) && id == 100000);
	CHECK(ns_map_find(&uids, 999, &id) && id == 100999);
	CHECK(ns_map_find(&uids, 1000, &id) && id == 1);
	CHECK(!ns_map_find(&uids, 1001, &id) && !ns_map_find(&uids, UINT32_MAX, &id) && id == 1);
	free(uids.items);
	CHECK(ns_read_map(0, NS_MAP_GID, &uids, &err) < 0);
	CHECK_HAS(err.text, "/proc/0/gid_map");
}

static bool has_the_mappings(void)
{
	struct err err;
	char text[200];
	int fd = -1;

	if (!CHECK(ns_make_user(&two, &one, &fd, &err) == 0))
		return false;
	CHECK(ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWUSER);
	CHECK(waitpid(-1, NULL, __WALL) < 0); /* no process is left */
	CHECK(setns(fd, CLONE_NEWUSER) == 0);
	CHECK(file_read_short(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text)) > 0);
	CHECK_STR(text, "         0     100000       1000\n      1000          1          1");
	CHECK(file_is("/proc/self/gid_map", "         0          5          1"));
	check_read();
	return CHECK(file_is("/proc/self/setgroups", "allow"));
}

static void makes_a_user_namespace_with_the_mappings(void)
{
	if (is_root())
		CHECK(in_child(has_the_mappings));
}

static bool is_explained(void)
{
	struct err err;
	int fd = -1;

	if (!CHECK(sys_setresgid(1234) == 0 && sys_setresuid(1234) == 0))
		return false;
	CHECK(prctl(PR_SET_DUMPABLE, 1) == 0); /* as a program is that such a user starts */
	CHECK(ns_make_user(&two, &own, &fd, &err) < 0 && fd == -1);
	CHECK_HAS(err.text, "linux.uidMappings: ");
	CHECK_HAS(err.text, "newuidmap"); /* it refused, or is missing */
	CHECK(ns_map_denies_setgroups(&own) && !ns_map_denies_setgroups(&two));
	if (!CHECK(ns_make_user(&own, &own, &fd, &err) == 0))
		return false;
	CHECK(setns(fd, CLONE_NEWUSER) == 0);
	return CHECK(file_is("/proc/self/setgroups", "deny"));
}

static void lets_an_unprivileged_user_map_one_id(void)
{
	if (is_root())
		CHECK(in_child(is_explained));
}

static void refuses_what_the_kernel_refuses(void)
{
	struct err err;
	int fd = -1;

	if (!is_root())
		return;
	CHECK(ns_make_user(&none, &one, &fd, &err) == -EINVAL);
	CHECK_STR(err.text, "linux.uidMappings: missing");
	CHECK(ns_make_user(&one, &overlapping, &fd, &err) == -EINVAL);
	CHECK_HAS(err.text, "linux.gidMappings: write 2 mappings");
	CHECK(fd == -1);
}

static const struct unit_test tests[] = {
	TEST(makes_a_user_namespace_with_the_mappings),
	TEST(lets_an_unprivileged_user_map_one_id),
	TEST(refuses_what_the_kernel_refuses),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
