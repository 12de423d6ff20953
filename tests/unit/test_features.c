/* The features document: its form (schema/features-schema.json and features-linux.json of the specification 1.3.0), and that what it
 * says is true, name by name. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/str.h"
#include "container/container.h"
#include "process/process.h"
#include "rootfs/rootfs.h"
#include "seccomp/names.h"
#include "spec/annotations.h"
#include "spec_text.h"
#include "unit.h"

static json_t *features(void)
{
	autobuf text = { 0 };
	struct err err;

	CHECK(container_features(NULL, &text, &err) == 0);
	return json_loads(text.data ? text.data : "", JSON_REJECT_DUPLICATES, NULL);
}

/* Every property that 1.3.0 has, and its type: 's'tring, 'b'oolean, 'l'ist of strings, 'o'bject, 'm'ap of strings. */
static const struct {
	const char *path;
	char type;
} schema[] = {
	{ "ociVersionMin", 's' },
	{ "ociVersionMax", 's' },
	{ "hooks", 'l' },
	{ "mountOptions", 'l' },
	{ "linux", 'o' },
	{ "linux.namespaces", 'l' },
	{ "linux.capabilities", 'l' },
	{ "linux.cgroup", 'o' },
	{ "linux.cgroup.v1", 'b' },
	{ "linux.cgroup.v2", 'b' },
	{ "linux.cgroup.systemd", 'b' },
	{ "linux.cgroup.systemdUser", 'b' },
	{ "linux.cgroup.rdma", 'b' },
	{ "linux.seccomp", 'o' },
	{ "linux.seccomp.enabled", 'b' },
	{ "linux.seccomp.actions", 'l' },
	{ "linux.seccomp.operators", 'l' },
	{ "linux.seccomp.archs", 'l' },
	{ "linux.seccomp.knownFlags", 'l' },
	{ "linux.seccomp.supportedFlags", 'l' },
	{ "linux.apparmor", 'o' },
	{ "linux.apparmor.enabled", 'b' },
	{ "linux.selinux", 'o' },
	{ "linux.selinux.enabled", 'b' },
	{ "linux.intelRdt", 'o' },
	{ "linux.intelRdt.enabled", 'b' },
	{ "linux.intelRdt.schemata", 'b' },
	{ "linux.intelRdt.monitoring", 'b' },
	{ "linux.memoryPolicy", 'o' },
	{ "linux.memoryPolicy.modes", 'l' },
	{ "linux.memoryPolicy.flags", 'l' },
	{ "linux.mountExtensions", 'o' },
	{ "linux.mountExtensions.idmap", 'o' },
	{ "linux.mountExtensions.idmap.enabled", 'b' },
	{ "linux.netDevices", 'o' },
	{ "linux.netDevices.enabled", 'b' },
	{ "annotations", 'm' },
	{ "potentiallyUnsafeConfigAnnotations", 'l' },
};

static char type_in_schema(const char *path)
{
	for (size_t i = 0; i < ARRAY_SIZE(schema); i++)
		if (str_eq(schema[i].path, path))
			return schema[i].type;
	return 0;
}

static bool are_strings(json_t *list)
{
	json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item) || !*json_string_value(item))
			return false;
		for (size_t j = 0; j < i; j++)
			if (json_equal(json_array_get(list, j), item))
				return false;
	}
	return json_is_array(list) && json_array_size(list);
}

/* Check each member against the schema; returns how many there are. */
static size_t walk(json_t *object, const char *prefix)
{
	const char *key;
	json_t *value;
	size_t count = 0;

	json_object_foreach(object, key, value) {
		autobuf path = { 0 };
		char type;

		str_append_f(&path, "%s%s", prefix, key);
		type = type_in_schema(path.data);
		if (!CHECK(type))
			CHECK_STR(path.data, "a property of the specification");
		CHECK(type != 's' || json_is_string(value));
		CHECK(type != 'b' || json_is_boolean(value));
		CHECK(type != 'l' || are_strings(value));
		CHECK((type != 'o' && type != 'm') || json_is_object(value));
		count++;
		str_append(&path, ".");
		if (type == 'o')
			count += walk(value, path.data);
	}
	return count;
}

static void it_has_all_of_the_specification_and_nothing_else(void)
{
	json_t *document = features();

	CHECK(walk(document, "") == ARRAY_SIZE(schema));
	json_decref(document);
}

static json_t *at(json_t *document, const char *first, const char *second)
{
	json_t *linux_ = json_object_get(document, "linux");

	return json_object_get(second ? json_object_get(linux_, first) : linux_, second ? second : first);
}

/* Put each name of a list into a config, where the printf format has %s, and see that it is accepted; then one more name, which must
 * be refused. */
static size_t each_is_accepted(json_t *list, enum spec_frame frame, const char *format)
{
	json_t *item;
	size_t i;

	for (i = 0; i <= json_array_size(list); i++) {
		struct spec_document *document = NULL;
		autobuf text = { 0 };
		struct err err = { 0 };
		const char *hole = strstr(format, "%s"), *name = "NO_SUCH_NAME";
		int r;

		item = json_array_get(list, i);
		if (item)
			name = json_string_value(item);
		str_append_n(&text, format, (size_t)(hole - format));
		str_append(&text, name);
		str_append(&text, hole + 2);
		r = spec_text_parse(frame, text.data, &document, &err);
		if (!CHECK((r == 0) == !!item))
			CHECK_STR(name, err.text);
		spec_free(document);
	}
	return json_array_size(list);
}

static void versions_are_accepted(void)
{
	static const char *const keys[] = { "ociVersionMin", "ociVersionMax" };
	json_t *document = features();

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct spec_document *parsed = NULL;
		autobuf text = { 0 };
		struct err err;

		str_append_f(&text, "{\"ociVersion\":\"%s\",\"root\":{\"path\":\"r\"}}",
			     json_string_value(json_object_get(document, keys[i])));
		CHECK(spec_parse(text.data, text.size, "config.json", &parsed, &err) == 0);
		spec_free(parsed);
	}
	CHECK_STR(json_string_value(json_object_get(document, "ociVersionMax")), "1.3.0");
	json_decref(document);
}

static void every_name_in_it_is_accepted_in_a_config(void)
{
	json_t *d = features();

	CHECK(each_is_accepted(at(d, "namespaces", NULL), FRAME_DOCUMENT, "'linux':{'namespaces':[{'type':'%s'}]}") ==
	      8);
	CHECK(each_is_accepted(at(d, "seccomp", "actions"), FRAME_RULE, "'action':'%s'") == 9);
	CHECK(each_is_accepted(at(d, "seccomp", "operators"), FRAME_RULE,
			       "'action':'SCMP_ACT_ERRNO','args':[{'index':0,'value':1,'op':'%s'}]") == 7);
	CHECK(each_is_accepted(at(d, "seccomp", "archs"), FRAME_SECCOMP, "'architectures':['%s']") == 23);
	CHECK(each_is_accepted(at(d, "seccomp", "knownFlags"), FRAME_SECCOMP, "'flags':['%s']") == 4);
	CHECK(each_is_accepted(at(d, "memoryPolicy", "modes"), FRAME_LINUX, "'memoryPolicy':{'mode':'%s'}") == 7);
	CHECK(each_is_accepted(at(d, "memoryPolicy", "flags"), FRAME_LINUX,
			       "'memoryPolicy':{'mode':'MPOL_BIND','nodes':'0','flags':['%s']}") == 3);
	json_decref(d);
}

/* Not only read, but known to who applies it. */
static void every_name_in_it_is_known_to_who_applies_it(void)
{
	json_t *d = features(), *item;
	size_t i;

	json_array_foreach(at(d, "seccomp", "actions"), i, item) CHECK(seccomp_find_action(json_string_value(item)));
	json_array_foreach(at(d, "seccomp", "operators"), i, item)
		CHECK(seccomp_find_operator(json_string_value(item)));
	json_array_foreach(at(d, "seccomp", "archs"), i, item) CHECK(seccomp_find_arch(json_string_value(item)));
	json_array_foreach(at(d, "seccomp", "knownFlags"), i, item) CHECK(seccomp_find_flag(json_string_value(item)));
	json_array_foreach(at(d, "memoryPolicy", "modes"), i, item)
	{
		struct spec_linux with = { .memory_policy = {
						   .is_set = true, .mode = json_string_value(item), .nodes = "0" } };
		struct spec_linux without = { .memory_policy = { .is_set = true, .mode = json_string_value(item) } };
		struct mempolicy_plan plan;
		struct err err;

		CHECK(mempolicy_plan(&with, &plan, &err) == 0 || mempolicy_plan(&without, &plan, &err) == 0);
	}
	json_array_foreach(at(d, "capabilities", NULL), i, item)
	{
		const char *name = json_string_value(item);
		struct spec_process process = { .capabilities = { .is_set = true, .bounding = { &name, 1 } } };
		struct caps_plan plan;
		struct err err;

		CHECK(caps_plan(&process, false, &plan, &err) == 0);
		CHECK(str_after(name, "CAP_"));
	}
	CHECK(json_array_size(at(d, "capabilities", NULL)) >= 41);
	json_decref(d);
}

static void count_hooks(void *data, const char *path, bool required)
{
	const char *name = str_after(path, "hooks.");
	json_t *item;
	size_t i;

	(void)required;
	if (!name || strchr(name, '['))
		return;
	json_array_foreach(data, i, item) if (str_eq(json_string_value(item), name)) return;
	CHECK_STR(name, "in the list of hooks");
}

static void hooks_are_those_that_are_decoded(void)
{
	json_t *d = features(), *hooks = json_object_get(d, "hooks");

	CHECK(json_array_size(hooks) == 6);
	spec_visit_properties(count_hooks, hooks);
	json_decref(d);
}

static void what_recursive_read_only_mounts_and_user_namespaces_of_engines_need_is_there(void)
{
	json_t *d = features(), *options = json_object_get(d, "mountOptions"), *item;
	bool rro = false, ro = false;
	size_t i;

	json_array_foreach(options, i, item)
	{
		rro |= str_eq(json_string_value(item), "rro");
		ro |= str_eq(json_string_value(item), "ro");
	}
	CHECK(rro && ro);
	CHECK(json_is_true(json_object_get(at(d, "mountExtensions", "idmap"), "enabled")));
	json_decref(d);
}

static void annotations_are_strings_and_unsafe_ones_have_a_meaning(void)
{
	json_t *d = features(), *item;
	const char *key;
	size_t i, unsafe = 0;

	json_object_foreach(json_object_get(d, "annotations"), key, item)
		CHECK(*key && json_is_string(item));
	json_array_foreach(json_object_get(d, "potentiallyUnsafeConfigAnnotations"), i, item)
	{
		const char *name = json_string_value(item);
		const struct annotation_row *row = annotation_rows;

		while (row->key && !str_eq(row->key, name))
			row++;
		CHECK(row->key && row->is_unsafe);
	}
	for (const struct annotation_row *row = annotation_rows; row->key; row++)
		unsafe += row->is_unsafe;
	CHECK(unsafe == json_array_size(json_object_get(d, "potentiallyUnsafeConfigAnnotations")));
	json_decref(d);
}

/* One that ends with "." stands for all that begin so. */
static void annotations_with_an_effect_are_in_the_manual(void)
{
	autofree char *manual = NULL;
	struct err err;
	size_t size;

	if (!CHECK(file_read(AT_FDCWD, TEST_SOURCE_DIR "/docs/man/kavel.5", 1 << 20, &manual, &size, &err) == 0))
		return;
	for (const struct annotation_row *row = annotation_rows; row->key; row++)
		if (!CHECK(strstr(manual, row->key)))
			CHECK_STR(row->key, "in kavel(5)");
}

/* The keys that code names are in the table, so that none is obeyed behind its back. */
static void every_key_of_the_header_has_a_row(void)
{
	autofree char *header = NULL;
	struct err err;
	size_t size, count = 0;

	if (!CHECK(file_read(AT_FDCWD, TEST_SOURCE_DIR "/lib/spec/annotations.h", 1 << 20, &header, &size, &err) == 0))
		return;
	for (char *at = header; (at = strstr(at, "#define ANNOTATION_")); count++) {
		char *key = strchr(at, '"'), *end = key ? strchr(key + 1, '"') : NULL;

		if (!CHECK(key && end))
			return;
		*end = '\0';
		if (!CHECK(annotation_find(key + 1)))
			CHECK_STR(key + 1, "a row of annotation_rows");
		at = end + 1;
	}
	CHECK(count >= 4);
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(it_has_all_of_the_specification_and_nothing_else),
		TEST(versions_are_accepted),
		TEST(every_name_in_it_is_accepted_in_a_config),
		TEST(every_name_in_it_is_known_to_who_applies_it),
		TEST(hooks_are_those_that_are_decoded),
		TEST(what_recursive_read_only_mounts_and_user_namespaces_of_engines_need_is_there),
		TEST(annotations_are_strings_and_unsafe_ones_have_a_meaning),
		TEST(annotations_with_an_effect_are_in_the_manual),
		TEST(every_key_of_the_header_has_a_row),
		TEST_END,
	};

	return unit_run(tests);
}
