/* state.json: what is written is read again, whatever bytes it holds, and what is damaged is refused. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "container/record.h"
#include "unit.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct spec_pair weird[] = {
	{ "k", "" },
	{ "org.example/\"quoted\"\\", "line\nbreak\ttab\r\x01\x1f\x7f" },
	{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\xa7", "</script>%s%n{}" },
};

static struct netns_address addresses[] = {
	{ .local = "192.0.2.1", .peer = "192.0.2.9", .broadcast = "192.0.2.255", .label = ":1", .prefix = 24, .flags = 0x200,
	  .metric = 5, .protocol = 3, .preferred = UINT32_MAX },
	{ .local = "2001:db8::1", .prefix = 128, .preferred = 0 },
};

static struct netns_device devices[] = {
	{ .key = "alt", .name = "eth0", .inside = "c%d", .mac = "02:00:00:00:00:01", .index = 7, .inside_index = INT_MAX,
	  .master = 3, .was_up = true, .addresses = { .items = addresses, .count = 2 } },
	{ .key = "tun0", .name = "tun0", .inside = "tun0", .mac = "", .index = 8, .inside_index = 8 },
};

static struct state whole(void)
{
	struct state state = STATE_CLOSED;

	state.id = "c1";
	state.bundle = "/b u/n\"d\\l\xc3\xa9";
	state.rootfs = "/b u/rootfs";
	state.created = "2026-01-02T03:04:05.000000006Z";
	state.owner = UINT32_MAX;
	state.has_process = state.has_hooks = true;
	state.init = (struct proc_id){ .pid = INT_MAX, .inode = UINT64_MAX, .start = 1 };
	(void)strcpy(state.cgroup.path, "/a/b");
	(void)strcpy(state.cgroup.v1, "memory:1:2 cpu,cpuacct:3:4");
	state.cgroup.inode = UINT64_MAX - 1;
	state.cgroup.made_by_us = true;
	state.cgroup.parents = 7;
	state.resctrl = (struct resctrl_made){ .root = "/sys/fs/resctrl",
					       .group = ".",
					       .monitor = "c1",
					       .before = "L3:0=f\n\tMB:0=1\n",
					       .made_group = true };
	state.network = (struct netns_moved){
		.home = UINT64_MAX, .target = 5, .path = "/run/netns/x y", .devices = { .items = devices, .count = 2 }
	};
	state.stop_signal = "SIGRTMIN+3";
	state.annotations = (struct spec_pairs){ .items = weird, .count = COUNT(weird) };
	return state;
}

/* The record of `from`, with the first `what` replaced by `by` (NULL: as it is), read into `ret`. */
static int read_again(const struct state *from, const char *what, const char *by, struct state *ret, struct err *err)
{
	autobuf text = { 0 }, changed = { 0 };
	const char *at;

	*ret = (struct state)STATE_CLOSED;
	ret->id = "c1";
	if (!CHECK(record_encode(from, &text, err) == 0))
		return -EINVAL;
	if (!what)
		return record_decode(text.data, text.size, ret, err);
	at = strstr(text.data, what);
	if (!CHECK(at))
		return -EINVAL;
	str_append_n(&changed, text.data, (size_t)(at - text.data));
	str_append(&changed, by);
	str_append(&changed, at + strlen(what));
	return record_decode(changed.data, changed.size, ret, err);
}

static void what_is_written_is_read_again(void)
{
	struct state from = whole(), to;
	struct err err;

	if (!CHECK(read_again(&from, NULL, NULL, &to, &err) == 0)) {
		CHECK_STR(err.text, NULL);
		return;
	}
	CHECK_STR(to.bundle, from.bundle);
	CHECK_STR(to.rootfs, from.rootfs);
	CHECK_STR(to.created, from.created);
	CHECK_STR(to.stop_signal, from.stop_signal);
	CHECK(to.owner == from.owner && to.has_process && to.has_hooks && !to.has_pid_ns);
	CHECK(to.init.pid == from.init.pid && to.init.inode == from.init.inode && to.init.start == from.init.start);
	CHECK_STR(to.cgroup.path, from.cgroup.path);
	CHECK_STR(to.cgroup.v1, from.cgroup.v1);
	CHECK(to.cgroup.inode == from.cgroup.inode && to.cgroup.made_by_us && to.cgroup.parents == 7);
	CHECK(to.annotations.count == COUNT(weird));
	for (size_t i = 0; i < to.annotations.count && i < COUNT(weird); i++) {
		CHECK_STR(to.annotations.items[i].key, weird[i].key);
		CHECK_STR(to.annotations.items[i].value, weird[i].value);
	}
	state_close(&to);
}

static void check_first_device(const struct netns_device *device)
{
	const struct netns_address *address = device->addresses.items;

	CHECK_STR(device->key, "alt");
	CHECK_STR(device->name, "eth0");
	CHECK_STR(device->inside, "c%d");
	CHECK_STR(device->mac, "02:00:00:00:00:01");
	CHECK(device->index == 7 && device->inside_index == INT_MAX && device->master == 3 && device->was_up);
	if (!CHECK(device->addresses.count == 2))
		return;
	CHECK_STR(address->local, "192.0.2.1");
	CHECK_STR(address->peer, "192.0.2.9");
	CHECK_STR(address->broadcast, "192.0.2.255");
	CHECK_STR(address->label, ":1");
	CHECK(address->prefix == 24 && address->flags == 0x200 && address->metric == 5 && address->protocol == 3);
	CHECK(address->preferred == UINT32_MAX && address[1].preferred == 0 && address[1].prefix == 128);
	CHECK(!address[1].peer && !address[1].broadcast && !address[1].label);
}

static void groups_and_devices_are_read_again(void)
{
	struct state from = whole(), to;
	struct err err;

	if (!CHECK(read_again(&from, NULL, NULL, &to, &err) == 0 && to.network.devices.count == 2)) {
		CHECK_STR(err.text, NULL);
		return;
	}
	CHECK_STR(to.resctrl.root, "/sys/fs/resctrl");
	CHECK_STR(to.resctrl.group, ".");
	CHECK_STR(to.resctrl.monitor, "c1");
	CHECK_STR(to.resctrl.before, "L3:0=f\n\tMB:0=1\n");
	CHECK(to.resctrl.made_group && !to.resctrl.is_named);
	CHECK(to.network.home == UINT64_MAX && to.network.target == 5);
	CHECK_STR(to.network.path, "/run/netns/x y");
	check_first_device(to.network.devices.items);
	CHECK(!to.network.devices.items[1].was_up && to.network.devices.items[1].addresses.count == 0);
	state_close(&to);
	from.network = (struct netns_moved){ 0 };
	CHECK(read_again(&from, NULL, NULL, &to, &err) == 0 && to.network.devices.count == 0);
	state_close(&to);
}

static void a_path_that_is_no_text_does_not_make_the_record_unreadable(void)
{
	struct state from = whole(), to;
	struct err err;

	from.bundle = "/latin1/\xe9t\xe9\xff";
	if (!CHECK(read_again(&from, NULL, NULL, &to, &err) == 0)) {
		CHECK_STR(err.text, NULL);
		return;
	}
	CHECK(strncmp(to.bundle, "/latin1/", 8) == 0);
	state_close(&to);
}

static void members_that_a_later_version_adds_are_ignored(void)
{
	struct state from = whole(), to;
	struct err err;

	CHECK(read_again(&from, "{", "{\"later\":{\"x\":[1]},", &to, &err) == 0);
	state_close(&to);
}

static void a_record_of_an_unknown_version_is_refused(void)
{
	struct state from = whole(), to;
	struct err err;

	CHECK(read_again(&from, "\"version\":1", "\"version\":2", &to, &err) < 0);
	CHECK_HAS(err.text, "version 2");
	state_close(&to);
}

static void the_record_of_another_container_is_refused(void)
{
	struct state from = whole(), to;
	struct err err;

	from.id = "c2";
	CHECK(read_again(&from, NULL, NULL, &to, &err) < 0);
	CHECK_HAS(err.text, "c2");
	state_close(&to);
}

static void what_would_be_dangerous_to_believe_is_refused(void)
{
	static const char *const changes[][2] = {
		{ "\"pid\":2147483647", "\"pid\":-1" },
		{ "\"pid\":2147483647", "\"pid\":2147483648" },
		{ "\"pid\":2147483647", "\"pid\":\"1\"" },
		{ "\"pid\":2147483647", "\"pid\":1.5" },
		{ "\"inode\":18446744073709551615", "\"inode\":-5" },
		{ "\"inode\":18446744073709551615,", "" },
		{ "\"path\":\"/a/b\"", "\"path\":\"/a\\nb\"" },
		{ "\"path\":\"/a/b\"", "\"path\":\"/a\\u0000b\"" },
		{ "\"path\":\"/a/b\"", "\"path\":null" },
		{ "\"made\":true", "\"made\":1" },
		{ "\"id\":\"c1\"", "\"id\":\"c1\",\"id\":\"c1\"" },
		{ "\"owner\":4294967295", "\"owner\":4294967296" },
		{ "{", "[" },
		{ "}", "" },
	};
	struct state from = whole(), to;

	for (size_t i = 0; i < COUNT(changes); i++) {
		struct err err;

		if (!CHECK(read_again(&from, changes[i][0], changes[i][1], &to, &err) < 0))
			CHECK_STR(changes[i][1], NULL);
		CHECK(!to.init.pid && !to.cgroup.path[0]);
		state_close(&to);
	}
}

static void a_group_whose_path_is_too_long_is_refused(void)
{
	struct state from = whole(), to;
	struct err err;
	char path[1100];

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CHECK(read_again(&from, "/a/b", path, &to, &err) < 0);
	CHECK_HAS(err.text, "too long");
	state_close(&to);
}

static void every_shortened_record_is_refused(void)
{
	struct state from = whole();
	autobuf text = { 0 };
	struct err err;

	CHECK(record_encode(&from, &text, &err) == 0);
	for (size_t size = 0; size < text.size; size++) {
		struct state to = STATE_CLOSED;

		to.id = "c1";
		if (!CHECK(record_decode(text.data, size, &to, &err) < 0))
			break;
		state_close(&to);
	}
}

static void hooks_get_the_document_of_the_specification(void)
{
	struct state state = whole();
	autobuf json = { 0 };
	struct err err;

	state.annotations.count = 0;
	CHECK(state_hook_json(&state, "creating", 42, &json, &err) == 0);
	CHECK_STR(json.data,
		  "{\"ociVersion\":\"" CONTAINER_OCI_VERSION "\",\"id\":\"c1\",\"status\":\"creating\",\"pid\":42,"
		  "\"bundle\":\"/b u/n\\\"d\\\\l\xc3\xa9\",\"annotations\":{}}");
	str_buf_free(&json);
	CHECK(state_hook_json(&state, "stopped", 0, &json, &err) == 0);
	CHECK(!strstr(json.data, "pid"));
}

static const struct unit_test tests[] = {
	TEST(what_is_written_is_read_again),
	TEST(groups_and_devices_are_read_again),
	TEST(a_path_that_is_no_text_does_not_make_the_record_unreadable),
	TEST(members_that_a_later_version_adds_are_ignored),
	TEST(a_record_of_an_unknown_version_is_refused),
	TEST(the_record_of_another_container_is_refused),
	TEST(what_would_be_dangerous_to_believe_is_refused),
	TEST(a_group_whose_path_is_too_long_is_refused),
	TEST(every_shortened_record_is_refused),
	TEST(hooks_get_the_document_of_the_specification),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
