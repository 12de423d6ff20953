#include "container/record.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "json/decode.h"
#include "json/encode.h"
#include "json/read.h"

/* Changes when a member changes its meaning; a record with another number is not readable. */
#define RECORD_VERSION 1

struct record_cgroup {
	const char *path;
	uint64_t inode;
	bool made_by_us;
	uint32_t parents;
	const char *v1, *scope;
};

struct record_resctrl {
	bool is_set;
	struct resctrl_made made;
};

/* As struct netns_moved. */
struct record_network {
	bool is_set;
	uint64_t home, target;
	const char *path;
	struct netns_devices devices;
};

struct record {
	uint64_t version;
	const char *id, *bundle, *rootfs, *created, *agent, *stop_signal;
	uint64_t owner;
	bool has_process, has_hooks, has_pid_ns, has_own_root;
	struct proc_id init;
	struct record_cgroup cgroup;
	struct record_resctrl resctrl;
	struct record_network network;
	struct spec_pairs annotations;
};

FIELDS(init_fields, struct proc_id) {
	I32(struct proc_id, "pid", pid, 0, INT32_MAX, F_REQUIRED),
	U64(struct proc_id, "inode", inode, UINT64_MAX, F_REQUIRED),
	U64(struct proc_id, "start", start, UINT64_MAX, F_REQUIRED),
	END
};

FIELDS(cgroup_fields, struct record_cgroup) {
	STR(struct record_cgroup, "path", path, F_REQUIRED | F_LINE),
	U64(struct record_cgroup, "inode", inode, UINT64_MAX, F_REQUIRED),
	BOOL(struct record_cgroup, "made", made_by_us, F_REQUIRED),
	U32(struct record_cgroup, "parents", parents, UINT32_MAX, 0),
	STR(struct record_cgroup, "v1", v1, F_LINE),
	STR(struct record_cgroup, "scope", scope, F_LINE),
	END
};

FIELDS(resctrl_fields, struct record_resctrl) {
	STR(struct record_resctrl, "root", made.root, F_REQUIRED | F_ABSOLUTE),
	STR(struct record_resctrl, "group", made.group, F_REQUIRED | F_FILLED | F_LINE),
	STR(struct record_resctrl, "monitor", made.monitor, F_FILLED | F_LINE),
	STR(struct record_resctrl, "before", made.before, 0),
	BOOL(struct record_resctrl, "made", made.made_group, F_REQUIRED),
	BOOL(struct record_resctrl, "named", made.is_named, F_REQUIRED),
	END
};

FIELDS(address_fields, struct netns_address) {
	STR(struct netns_address, "local", local, F_REQUIRED | F_LINE),
	STR(struct netns_address, "peer", peer, F_LINE),
	STR(struct netns_address, "broadcast", broadcast, F_LINE),
	STR(struct netns_address, "label", label, F_LINE),
	U32(struct netns_address, "prefix", prefix, 128, F_REQUIRED),
	U32(struct netns_address, "flags", flags, UINT32_MAX, F_REQUIRED),
	U32(struct netns_address, "metric", metric, UINT32_MAX, F_REQUIRED),
	U32(struct netns_address, "protocol", protocol, UINT8_MAX, F_REQUIRED),
	U32(struct netns_address, "preferred", preferred, UINT32_MAX, F_REQUIRED),
	END
};

FIELDS(device_fields, struct netns_device) {
	STR(struct netns_device, "key", key, F_REQUIRED | F_LINE),
	STR(struct netns_device, "name", name, F_REQUIRED | F_LINE),
	STR(struct netns_device, "inside", inside, F_REQUIRED | F_LINE),
	STR(struct netns_device, "mac", mac, F_REQUIRED | F_LINE),
	U32(struct netns_device, "index", index, INT32_MAX, F_REQUIRED),
	U32(struct netns_device, "insideIndex", inside_index, INT32_MAX, F_REQUIRED),
	U32(struct netns_device, "master", master, INT32_MAX, F_REQUIRED),
	BOOL(struct netns_device, "up", was_up, F_REQUIRED),
	ARRAY(struct netns_device, "addresses", addresses, address_fields, F_REQUIRED),
	END
};

FIELDS(network_fields, struct record_network) {
	U64(struct record_network, "home", home, UINT64_MAX, F_REQUIRED),
	U64(struct record_network, "target", target, UINT64_MAX, F_REQUIRED),
	STR(struct record_network, "path", path, F_ABSOLUTE),
	ARRAY(struct record_network, "devices", devices, device_fields, F_REQUIRED),
	END
};

FIELDS(record_fields, struct record) {
	U64(struct record, "version", version, UINT64_MAX, F_REQUIRED),
	STR(struct record, "id", id, F_REQUIRED | F_FILLED | F_LINE),
	STR(struct record, "bundle", bundle, F_REQUIRED),
	STR(struct record, "rootfs", rootfs, F_REQUIRED),
	STR(struct record, "created", created, F_REQUIRED | F_LINE),
	U64(struct record, "owner", owner, UINT32_MAX, F_REQUIRED),
	BOOL(struct record, "process", has_process, F_REQUIRED),
	BOOL(struct record, "hooks", has_hooks, F_REQUIRED),
	BOOL(struct record, "pidNamespace", has_pid_ns, F_REQUIRED),
	BOOL(struct record, "ownRoot", has_own_root, 0),
	OBJECT(struct record, "init", init, init_fields, F_REQUIRED),
	OBJECT(struct record, "cgroup", cgroup, cgroup_fields, F_REQUIRED),
	STR(struct record, "agent", agent, 0),
	OBJECT_SET(struct record, "resctrl", resctrl, resctrl_fields, 0),
	OBJECT_SET(struct record, "network", network, network_fields, 0),
	STR(struct record, "stopSignal", stop_signal, F_LINE),
	PAIRS(struct record, "annotations", annotations, 0),
	END
};

static int take_cgroup(const struct record_cgroup *from, struct cgroup_made *to, struct err *err)
{
	const char *v1 = from->v1 ? from->v1 : "", *scope = from->scope ? from->scope : "";

	if (strlen(from->path) >= sizeof(to->path) || strlen(v1) >= sizeof(to->v1) ||
	    strlen(scope) >= sizeof(to->scope))
		return err_user(err, "cgroup: too long");
	memcpy(to->path, from->path, strlen(from->path) + 1);
	memcpy(to->v1, v1, strlen(v1) + 1);
	memcpy(to->scope, scope, strlen(scope) + 1);
	to->inode = from->inode;
	to->made_by_us = from->made_by_us;
	to->parents = from->parents;
	return 0;
}

int record_decode(const char *text, size_t size, struct state *state, struct err *err)
{
	struct record record = { 0 };
	json_t *json;
	int r = json_read(text, size, STATE_RECORD, &json, err);

	if (r < 0)
		return r;
	r = json_decode(json, record_fields, &record, &state->arena, "", err);
	if (r == 0 && record.version != RECORD_VERSION)
		r = err_user(err, "version %llu is not known", (unsigned long long)record.version);
	if (r == 0 && strcmp(record.id, state->id) != 0)
		r = err_user(err, "it is of another container, %s", record.id);
	if (r == 0)
		r = take_cgroup(&record.cgroup, &state->cgroup, err);
	if (r < 0) {
		json_decref(json);
		return r;
	}
	state->json = json; /* the strings live there */
	state->bundle = record.bundle;
	state->rootfs = record.rootfs;
	state->created = record.created;
	state->owner = record.owner;
	state->has_process = record.has_process;
	state->has_hooks = record.has_hooks;
	state->has_pid_ns = record.has_pid_ns;
	state->has_own_root = record.has_own_root;
	state->init = record.init;
	state->agent = record.agent;
	state->resctrl = record.resctrl.made;
	state->network = (struct netns_moved){ .home = record.network.home,
					       .target = record.network.target,
					       .path = record.network.path,
					       .devices = record.network.devices };
	state->stop_signal = record.stop_signal;
	state->annotations = record.annotations;
	return 0;
}

static void put_annotations(struct json_writer *w, const struct spec_pairs *annotations)
{
	json_open_object(w, "annotations");
	for (size_t i = 0; i < annotations->count; i++)
		json_put_string(w, annotations->items[i].key, annotations->items[i].value);
	json_close(w);
}

static void put_optional(struct json_writer *w, const char *key, const char *value)
{
	if (value)
		json_put_string(w, key, value);
}

static void put_resctrl(struct json_writer *w, const struct resctrl_made *made)
{
	json_open_object(w, "resctrl");
	json_put_string(w, "root", made->root);
	json_put_string(w, "group", made->group);
	put_optional(w, "monitor", made->monitor);
	put_optional(w, "before", made->before);
	json_put_bool(w, "made", made->made_group);
	json_put_bool(w, "named", made->is_named);
	json_close(w);
}

static void put_addresses(struct json_writer *w, const struct netns_addresses *addresses)
{
	json_open_array(w, "addresses");
	for (size_t i = 0; i < addresses->count; i++) {
		const struct netns_address *address = &addresses->items[i];

		json_open_object(w, NULL);
		json_put_string(w, "local", address->local);
		put_optional(w, "peer", address->peer);
		put_optional(w, "broadcast", address->broadcast);
		put_optional(w, "label", address->label);
		json_put_u64(w, "prefix", address->prefix);
		json_put_u64(w, "flags", address->flags);
		json_put_u64(w, "metric", address->metric);
		json_put_u64(w, "protocol", address->protocol);
		json_put_u64(w, "preferred", address->preferred);
		json_close(w);
	}
	json_close(w);
}

static void put_network(struct json_writer *w, const struct netns_moved *network)
{
	json_open_object(w, "network");
	json_put_u64(w, "home", network->home);
	json_put_u64(w, "target", network->target);
	put_optional(w, "path", network->path);
	json_open_array(w, "devices");
	for (size_t i = 0; i < network->devices.count; i++) {
		const struct netns_device *device = &network->devices.items[i];

		json_open_object(w, NULL);
		json_put_string(w, "key", device->key);
		json_put_string(w, "name", device->name);
		json_put_string(w, "inside", device->inside);
		json_put_string(w, "mac", device->mac);
		json_put_u64(w, "index", device->index);
		json_put_u64(w, "insideIndex", device->inside_index);
		json_put_u64(w, "master", device->master);
		json_put_bool(w, "up", device->was_up);
		put_addresses(w, &device->addresses);
		json_close(w);
	}
	json_close(w);
	json_close(w);
}

int record_encode(const struct state *state, struct str_buf *out, struct err *err)
{
	struct json_writer w = JSON_WRITER(out, 0);

	json_open_object(&w, NULL);
	json_put_u64(&w, "version", RECORD_VERSION);
	json_put_string(&w, "id", state->id);
	json_put_string(&w, "bundle", state->bundle);
	json_put_string(&w, "rootfs", state->rootfs);
	json_put_string(&w, "created", state->created);
	json_put_u64(&w, "owner", state->owner);
	json_put_bool(&w, "process", state->has_process);
	json_put_bool(&w, "hooks", state->has_hooks);
	json_put_bool(&w, "pidNamespace", state->has_pid_ns);
	json_put_bool(&w, "ownRoot", state->has_own_root);
	json_open_object(&w, "init");
	json_put_i64(&w, "pid", state->init.pid);
	json_put_u64(&w, "inode", state->init.inode);
	json_put_u64(&w, "start", state->init.start);
	json_close(&w);
	json_open_object(&w, "cgroup");
	json_put_string(&w, "path", state->cgroup.path);
	json_put_u64(&w, "inode", state->cgroup.inode);
	json_put_bool(&w, "made", state->cgroup.made_by_us);
	json_put_u64(&w, "parents", state->cgroup.parents);
	json_put_string(&w, "v1", state->cgroup.v1);
	if (state->cgroup.scope[0])
		json_put_string(&w, "scope", state->cgroup.scope);
	json_close(&w);
	put_optional(&w, "agent", state->agent);
	if (state->resctrl.root)
		put_resctrl(&w, &state->resctrl);
	if (state->network.devices.count)
		put_network(&w, &state->network);
	put_optional(&w, "stopSignal", state->stop_signal);
	put_annotations(&w, &state->annotations);
	json_close(&w);
	return out->failed ? err_memory(err) : 0;
}

int state_hook_json(const struct state *state, const char *status, pid_t pid, struct str_buf *out, struct err *err)
{
	struct json_writer w = JSON_WRITER(out, 0);

	json_open_object(&w, NULL);
	json_put_string(&w, "ociVersion", CONTAINER_OCI_VERSION);
	json_put_string(&w, "id", state->id);
	json_put_string(&w, "status", status);
	if (pid)
		json_put_i64(&w, "pid", pid);
	json_put_string(&w, "bundle", state->bundle);
	put_annotations(&w, &state->annotations);
	json_close(&w);
	return out->failed ? err_memory(err) : 0;
}
