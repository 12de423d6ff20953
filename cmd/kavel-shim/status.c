#include "status.h"

#include <unistd.h>

#include "json/encode.h"
#include "record.h"

/* What a shim that takes over needs to know of the guest that it finds. */
static void put_identity(struct json_writer *writer, const struct status *status)
{
	json_put_u64(writer, "pidStart", status->pid_start);
	json_put_bool(writer, "pidNamespace", status->has_pid_ns);
	json_put_bool(writer, "stopRequested", status->wants_stop);
	if (!status->group->inode)
		return;
	json_open_object(writer, "cgroup");
	json_put_string(writer, "path", status->group->path);
	json_put_u64(writer, "inode", status->group->inode);
	json_put_string(writer, "v1", status->group->v1);
	json_close(writer);
}

void status_text(const struct status *status, struct str_buf *out)
{
	struct json_writer writer = JSON_WRITER(out, 0);

	json_open_object(&writer, NULL);
	json_put_string(&writer, "id", status->id);
	json_put_i64(&writer, "shim", getpid());
	json_put_i64(&writer, "pid", status->pid);
	json_put_string(&writer, "status", status->name);
	json_put_u64(&writer, "restarts", status->restart->count);
	json_put_u64(&writer, "restartsInARow", status->restart->in_a_row);
	record_put_time(&writer, "createdAt", status->created);
	record_put_time(&writer, "startedAt", status->started);
	json_put_u64(&writer, "oomKills", status->oom_kills);
	health_put(status->health, &writer, "health");
	json_open_object(&writer, "log");
	json_put_u64(&writer, "bytes", status->log.bytes);
	json_put_u64(&writer, "dropped", status->log.dropped);
	json_close(&writer);
	if (status->pid)
		put_identity(&writer, status);
	if (status->lost)
		json_put_string(&writer, "lost", status->lost);
	if (status->error)
		json_put_string(&writer, "error", status->error);
	json_close(&writer);
}
