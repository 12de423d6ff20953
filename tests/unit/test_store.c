/* Guests by name, as far as no kernel is needed: config.json from options, settings, users, guest.json, units. */
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/size.h"
#include "json/read.h"
#include "spec/spec.h"
#include "store/options.h"
#include "store/record.h"
#include "store/unit.h"
#include "store/user.h"
#include "unit.h"

static char *const command[] = { (char *)(uintptr_t) "/bin/app", (char *)(uintptr_t) "--go", NULL };

/* The document for some options, as JSON text; NULL: refused, with the text in err. */
static char *make(const struct guest_options *options, const char *rootfs, bool system, struct err *err)
{
	const struct guest guest = { .name = "web", .layers = "/nonexistent" };
	const struct guest_request request = { .guest = &guest,
					       .options = options,
					       .command = command,
					       .rootfs = rootfs,
					       .is_unified = true,
					       .is_system = system,
					       .has_user_ns = system,
					       .id_base = system ? 0x70000000 : 0 };
	struct str_buf text = { 0 };

	if (config_make(&request, &text, err) == 0)
		return text.data;
	str_buf_free(&text);
	return NULL;
}

/* What the document has at a path such as "linux.resources.memory.limit", as JSON; "" for nothing. */
static const char *at(const char *text, const char *path, char *room, size_t size)
{
	struct err err;
	json_t *doc, *value;
	char copy[200], *words = copy;

	room[0] = '\0';
	if (!text || json_read(text, strlen(text), "config.json", &doc, &err) < 0)
		return room;
	value = doc;
	(void)snprintf(copy, sizeof(copy), "%s", path);
	for (char *word; value && (word = strsep(&words, "."));)
		value = json_object_get(value, word);
	if (value)
		room[json_dumpb(value, room, size - 1, JSON_COMPACT | JSON_ENCODE_ANY)] = '\0';
	json_decref(doc);
	return room;
}

static void check_at(const struct guest_options *options, const char *path, const char *wanted)
{
	struct err err = { 0 };
	autofree char *text = make(options, "/srv/image", false, &err);
	char room[4000];

	CHECK_STR(err.text, "");
	CHECK_STR(at(text, path, room, sizeof(room)), wanted);
}

static void limits_become_resources(void)
{
	const struct guest_options options = { .memory = "512M",
					       .memory_swap = "1g",
					       .cpus = "1.5",
					       .cpu_weight = "100",
					       .cpuset_cpus = "0-1",
					       .pids = "100",
					       .io_weight = "500" };

	check_at(&options, "linux.resources.memory.limit", "536870912");
	check_at(&options, "linux.resources.memory.swap", "1073741824");
	check_at(&options, "linux.resources.cpu.quota", "150000");
	check_at(&options, "linux.resources.cpu.period", "100000");
	check_at(&options, "linux.resources.cpu.cpus", "\"0-1\"");
	check_at(&options, "linux.resources.pids.limit", "100");
	check_at(&options, "linux.resources.blockIO.weight", "500");
}

static void what_is_not_given_is_not_limited(void)
{
	const struct guest_options options = { 0 };

	check_at(&options, "linux.resources.memory", "");
	check_at(&options, "linux.resources.pids", "");
	check_at(&options, "process.args", "[\"/bin/app\",\"--go\"]");
	check_at(&options, "hostname", "\"web\"");
	check_at(&options, "process.noNewPrivileges", "true");
	check_at(&options, "root.readonly", "false");
	check_at(&options, "annotations",
		 "{\"org.kavel.overlay.lowerdirs\":\"/srv/image\",\"org.kavel.overlay.upperdir\":\"../layers/upper\","
		 "\"org.kavel.overlay.workdir\":\"../layers/work\"}");
}

static void the_environment_has_the_last_of_several(void)
{
	const char *env[] = { "A=1", "B=2", "A=3", NULL };
	const struct guest_options options = { .env = { env, 3 } };

	check_at(&options, "process.env",
		 "[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\"container=kavel\",\"A=3\","
		 "\"B=2\"]");
}

static void a_wrong_value_is_refused_with_its_option(void)
{
	static const struct {
		struct guest_options options;
		const char *part;
	} rows[] = {
		{ { .memory = "12Q" }, "--memory 12Q: " },
		{ { .memory = "0" }, "--memory 0: " },
		{ { .memory_swap = "1g" }, "--memory-swap 1g: needs --memory" },
		{ { .memory = "2g", .memory_swap = "1g" }, "--memory-swap 1g: is less than --memory 2g" },
		{ { .cpus = "0" }, "--cpus 0: " },
		{ { .cpus = "many" }, "--cpus many: " },
		{ { .cpus = "1.5x" }, "--cpus 1.5x: " },
		{ { .cpu_weight = "10001" }, "--cpu-weight 10001: " },
		{ { .cpuset_cpus = "3-1" }, "--cpuset-cpus 3-1: " },
		{ { .pids = "0" }, "--pids 0: " },
		{ { .io_weight = "5" }, "--io-weight 5: " },
		{ { .network = "bridge" }, "--network bridge: expected none or host" },
		{ { .workdir = "srv" }, "--workdir srv: " },
		{ { .hostname = "" }, "--hostname : " },
		{ { .user = "nobody-here" }, "--user nobody-here: there is no user" },
		{ { .seccomp = "/nonexistent" }, "--seccomp /nonexistent: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err err = { 0 };
		autofree char *text = make(&rows[i].options, "/nonexistent", false, &err);

		CHECK(!text);
		CHECK_HAS(err.text, rows[i].part);
	}
}

static void a_wrong_item_of_a_list_is_refused_with_its_option(void)
{
	static const struct {
		size_t offset;
		const char *value, *part;
	} rows[] = {
#define ROW(member, value, part) { offsetof(struct guest_options, member), value, part }
		ROW(volumes, "data:/srv", "--volume data:/srv: "),
		ROW(volumes, "/nonexistent:/srv", "--volume /nonexistent:/srv: "),
		ROW(volumes, "/tmp:srv", "--volume /tmp:srv: "),
		ROW(volumes, "/tmp:/srv:rw,U", "\"U\" is not an option of volumes"),
		ROW(volumes, "/tmp", "--volume /tmp: "),
		ROW(volumes, "/tmp:/", "--volume /tmp:/: "),
		ROW(tmpfs, "srv", "--tmpfs srv: "),
		ROW(devices, "/tmp", "--device /tmp: "),
		ROW(devices, "/dev/null:x", "--device /dev/null:x: "),
		ROW(caps_added, "NET_ADMINS", "--cap-add NET_ADMINS: "),
		ROW(sysctls, "net.core.somaxconn", "--sysctl net.core.somaxconn: "),
		ROW(ulimits, "nofile", "--ulimit nofile: "),
		ROW(ulimits, "files=1", "--ulimit files=1: "),
		ROW(ulimits, "nofile=2:1", "--ulimit nofile=2:1: "),
		ROW(env, "=x", "--env =x: "),
		ROW(env_files, "/nonexistent", "--env-file /nonexistent: "),
		ROW(security, "tomoyo=x", "--security-opt tomoyo=x: "),
		ROW(labels, "=x", "--label =x: "),
		ROW(annotations, "x", "--annotation x: "),
#undef ROW
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *items[] = { rows[i].value, NULL };
		struct guest_options options = { 0 };
		struct err err = { 0 };
		autofree char *text = NULL;

		*(struct option_list *)(void *)((char *)&options + rows[i].offset) = (struct option_list){ items, 1 };
		text = make(&options, "/nonexistent", false, &err);
		CHECK(!text);
		CHECK_HAS(err.text, rows[i].part);
	}
}

static void capabilities_are_dropped_before_they_are_added(void)
{
	const char *none[] = { "all", NULL }, *some[] = { "net_raw", "CAP_CHOWN", NULL };
	const struct guest_options options = { .caps_added = { some, 2 }, .caps_dropped = { none, 1 } };

	check_at(&options, "process.capabilities",
		 "{\"bounding\":[\"CAP_NET_RAW\",\"CAP_CHOWN\"],\"effective\":[\"CAP_NET_RAW\",\"CAP_CHOWN\"],"
		 "\"permitted\":[\"CAP_NET_RAW\",\"CAP_CHOWN\"]}");
}

static void an_unlimited_resource_is_the_largest_number(void)
{
	const char *limits[] = { "core=0:unlimited", NULL };
	const struct guest_options options = { .ulimits = { limits, 1 } };
	struct err err = { 0 };
	autofree char *text = make(&options, "/srv/image", false, &err);

	CHECK_HAS(text, "RLIMIT_CORE");
	CHECK_HAS(text, "18446744073709551615");
}

static void the_runtime_takes_what_is_made(void)
{
	const char *volumes[] = { "/tmp:/srv:ro", NULL }, *tmpfs[] = { "/var/cache:size=1m", NULL };
	const struct guest_options options = {
		.memory = "1g", .volumes = { volumes, 1 }, .tmpfs = { tmpfs, 1 }, .read_only = true, .network = "host"
	};

	for (int system = 0; system < 2; system++) {
		struct spec_document *document = NULL;
		struct err err = { 0 };
		autofree char *text = make(&options, "/srv/image", system, &err);

		CHECK(text && spec_parse(text, strlen(text), "config.json", &document, &err) == 0);
		CHECK_STR(err.text, "");
		if (document)
			spec_free(document);
	}
}

static void a_system_has_ids_of_its_own_and_manages_its_cgroups(void)
{
	const struct guest_options options = { 0 };
	struct err err = { 0 };
	autofree char *text = make(&options, "/srv/image", true, &err);
	char room[4000];

	CHECK_STR(at(text, "linux.uidMappings", room, sizeof(room)),
		  "[{\"containerID\":0,\"hostID\":1879048192,\"size\":65536}]");
	CHECK_STR(at(text, "process.noNewPrivileges", room, sizeof(room)), "false");
	CHECK_HAS(at(text, "annotations", room, sizeof(room)), "\"org.kavel.rootfs.idmap\":\"true\"");
	CHECK_HAS(
		at(text, "mounts", room, sizeof(room)),
		"{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\",\"options\":[\"nosuid\","
		"\"noexec\",\"nodev\",\"rw\"]}");
}

/* ---------------------------------------------------------------- users */

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104::/var/lib/postgresql:/bin/bash\n7:x:8:9::/:\n";
static const char group[] = "root:x:0:\npostgres:x:104:\nssl-cert:x:105:www,postgres\ntty:x:5:postgres\n";

static void users_are_found_by_name_and_number(void)
{
	static const struct {
		const char *text;
		uint32_t uid, gid;
		size_t groups;
	} rows[] = {
		{ "postgres", 101, 104, 2 },
		{ "101", 101, 104, 2 },
		{ "postgres:tty", 101, 5, 0 },
		{ "postgres:7", 101, 7, 0 },
		{ "4000", 4000, 0, 0 },
		{ "4000:104", 4000, 104, 0 },
		{ "0", 0, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct guest_user user = { 0 };
		struct err err = { 0 };

		CHECK(user_parse(rows[i].text, passwd, group, &user, &err) == 0);
		CHECK(user.uid == rows[i].uid && user.gid == rows[i].gid && user.group_count == rows[i].groups);
		free(user.groups);
	}
}

static void unknown_users_and_groups_are_refused(void)
{
	static const char *const texts[] = { "nobody", "postgres:nogroup", "", ":", "postgres:", ":tty", "4294967295" };

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		struct guest_user user = { 0 };
		struct err err = { 0 };

		CHECK(user_parse(texts[i], passwd, group, &user, &err) < 0);
		CHECK(err.text[0]);
	}
}

/* ---------------------------------------------------------------- settings */

static void settings_have_defaults(void)
{
	const struct guest_options options = { 0 };
	struct guest_settings settings;
	struct arena arena = { 0 };
	struct err err = { 0 };

	CHECK(settings_make(&options, false, &arena, &settings, &err) == 0);
	CHECK_STR(settings.restart, "no");
	CHECK_STR(settings.stop_signal, "SIGTERM");
	CHECK(settings.stop_timeout_ms == 10000);
	CHECK_STR(settings.log.driver, "k8s-file");
	CHECK(settings_make(&options, true, &arena, &settings, &err) == 0);
	CHECK_STR(settings.stop_signal, "SIGRTMIN+3");
	arena_free(&arena);
}

static void wrong_settings_are_refused_with_their_option(void)
{
	static const struct {
		struct guest_options options;
		const char *part;
	} rows[] = {
		{ { .restart = "sometimes" }, "--restart sometimes: expected " },
		{ { .restart = "on-failure:x" }, "--restart on-failure:x: " },
		{ { .restart = "on-failure:N" }, "--restart N: " },
		{ { .stop_signal = "NOSUCH" }, "--stop-signal NOSUCH: " },
		{ { .stop_timeout = "later" }, "--stop-timeout later: " },
		{ { .log_driver = "syslog" }, "--log-driver syslog: expected k8s-file, " },
		{ { .log_size = "1" }, "--log-size 1: " },
		{ { .log_policy = "rate" }, "--log-policy rate: " },
		{ { .health_interval = "5s" }, "--health-cmd" },
		{ { .health_command = "true", .health_action = "cry" }, "--health-on-failure cry: " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct guest_settings settings;
		struct arena arena = { 0 };
		struct err err = { 0 };

		CHECK(settings_make(&rows[i].options, false, &arena, &settings, &err) < 0);
		CHECK_HAS(err.text, rows[i].part);
		arena_free(&arena);
	}
}

static void a_record_is_read_as_it_was_written(void)
{
	static const char *const words[] = { "--memory=1g", "--env=A=\"b\"" };
	struct guest guest = GUEST_CLOSED, again = GUEST_CLOSED;
	autobuf text = { 0 };
	struct err err = { 0 };

	guest.name = "web";
	guest.settings = (struct guest_settings){
		.created = "2026-01-02T03:04:05Z",
		.rootfs = "/srv/image",
		.id_base = 0x70010000,
		.is_system = true,
		.is_enabled = true,
		.terminal = true,
		.restart = "on-failure:3",
		.stop_signal = "SIGINT",
		.stop_timeout_ms = 500,
		.log = { .driver = "json-file", .size = 1 << 20, .files = 2, .policy = "block" },
		.health = { .command = "true", .interval_ms = 1000, .retries = 5, .action = "kill" },
		.options = { (const char **)(uintptr_t)words, 2 },
	};
	CHECK(guest_encode(&guest, &text) == 0);
	CHECK(guest_decode(text.data, text.size, &again, &err) == 0);
	CHECK_STR(again.settings.rootfs, "/srv/image");
	CHECK_STR(again.settings.restart, "on-failure:3");
	CHECK_STR(again.settings.log.policy, "block");
	CHECK_STR(again.settings.health.command, "true");
	CHECK_STR(again.settings.health.action, "kill");
	CHECK(again.settings.id_base == 0x70010000 && again.settings.is_system && again.settings.is_enabled);
	CHECK(again.settings.health.interval_ms == 1000 && again.settings.stop_timeout_ms == 500);
	CHECK(again.settings.options.count == 2 && str_eq(again.settings.options.items[1], words[1]));
	guest_close(&again);
}

static void a_damaged_or_newer_record_is_refused(void)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
		{ "", "guest.json" },
		{ "{}", "version: missing" },
		{ "{\"version\": 1}", "missing" },
		{ "{\"version\": 2, \"created\": \"x\", \"rootfs\": \"host\", \"restart\": \"no\", \"stopSignal\": "
		  "\"TERM\", "
		  "\"stopTimeoutMs\": 1, \"log\": {\"driver\": \"none\"}}",
		  "version 2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct guest guest = GUEST_CLOSED;
		struct err err = { 0 };

		CHECK(guest_decode(rows[i].text, strlen(rows[i].text), &guest, &err) < 0);
		CHECK_HAS(err.text, rows[i].part);
		guest_close(&guest);
	}
}

static void the_unit_calls_up_and_down_with_quoted_words(void)
{
	const struct container_host host = { .root = "/run/ka%vel" };
	const struct store store = { .path = "/srv/my \"guests\"$", .host = &host };
	autobuf text = { 0 };

	unit_text(&store, "web", "/usr/bin/kavel", false, &text);
	CHECK_HAS(text.data, "\nExecStart= \"/usr/bin/kavel\" \"up\" \"--root\" \"/run/ka%%vel\" \"--store\" "
			     "\"/srv/my \\\"guests\\\"$$\" \"web\"\n");
	CHECK_HAS(text.data, "\nPIDFile=/run/ka%%vel/.shim/web/pid\n");
	CHECK_HAS(text.data, "\nWantedBy=multi-user.target\n");
}

static const struct unit_test tests[] = {
	TEST(limits_become_resources),
	TEST(what_is_not_given_is_not_limited),
	TEST(the_environment_has_the_last_of_several),
	TEST(a_wrong_value_is_refused_with_its_option),
	TEST(a_wrong_item_of_a_list_is_refused_with_its_option),
	TEST(capabilities_are_dropped_before_they_are_added),
	TEST(an_unlimited_resource_is_the_largest_number),
	TEST(the_runtime_takes_what_is_made),
	TEST(a_system_has_ids_of_its_own_and_manages_its_cgroups),
	TEST(users_are_found_by_name_and_number),
	TEST(unknown_users_and_groups_are_refused),
	TEST(settings_have_defaults),
	TEST(wrong_settings_are_refused_with_their_option),
	TEST(a_record_is_read_as_it_was_written),
	TEST(a_damaged_or_newer_record_is_refused),
	TEST(the_unit_calls_up_and_down_with_quoted_words),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
