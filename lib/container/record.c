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
	const char *v1;
};

struct record {
	uint64_t version;
	const char *id, *bundle, *rootfs, *created, *agent, *stop_signal;
	uint64_t owner;
	bool has_process, has_hooks, has_pid_ns, may_trace;
	struct proc_id init;
	struct record_cgroup cgroup;
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
	BOOL(struct record, "traces", may_trace, F_REQUIRED),
	OBJECT(struct record, "init", init, init_fields, F_REQUIRED),
	OBJECT(struct record, "cgroup", cgroup, cgroup_fields, F_REQUIRED),
	STR(struct record, "agent", agent, 0),
	STR(struct record, "stopSignal", stop_signal, F_LINE),
	PAIRS(struct record, "annotations", annotations, 0),
	END
};

static int take_cgroup(const struct record_cgroup *from, struct cgroup_made *to, struct err *err)
{
	const char *v1 = from->v1 ? from->v1 : "";

	if (strlen(from->path) >= sizeof(to->path) || strlen(v1) >= sizeof(to->v1))
		return err_user(err, "cgroup: too long");
	memcpy(to->path, from->path, strlen(from->path) + 1);
	memcpy(to->v1, v1, strlen(v1) + 1);
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
	state->may_trace = record.may_trace;
	state->init = record.init;
	state->agent = record.agent;
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
	json_put_bool(&w, "traces", state->may_trace);
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
	json_close(&w);
	if (state->agent)
		json_put_string(&w, "agent", state->agent);
	if (state->stop_signal)
		json_put_string(&w, "stopSignal", state->stop_signal);
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
