/* The bundles that the runtimes are measured with: the peers' default specification with a guest of one system call. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

static const char start_of_spec[] =
	"{\"ociVersion\":\"1.0.2\",\"process\":{\"terminal\":false,\"user\":{\"uid\":0,\"gid\":0},\"args\":[\"/tiny\"%s],"
	"\"env\":[\"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\",\"TERM=xterm\"],\"cwd\":\"/\","
	"\"capabilities\":{\"bounding\":[\"CAP_AUDIT_WRITE\",\"CAP_KILL\",\"CAP_NET_BIND_SERVICE\"],"
	"\"effective\":[\"CAP_AUDIT_WRITE\",\"CAP_KILL\",\"CAP_NET_BIND_SERVICE\"],"
	"\"permitted\":[\"CAP_AUDIT_WRITE\",\"CAP_KILL\",\"CAP_NET_BIND_SERVICE\"]},"
	"\"rlimits\":[{\"type\":\"RLIMIT_NOFILE\",\"hard\":1024,\"soft\":1024}],\"noNewPrivileges\":true},"
	"\"root\":{\"path\":\"rootfs\",\"readonly\":true},\"hostname\":\"bench\",\"mounts\":["
	"{\"destination\":\"/proc\",\"type\":\"proc\",\"source\":\"proc\"},"
	"{\"destination\":\"/dev\",\"type\":\"tmpfs\",\"source\":\"tmpfs\","
	"\"options\":[\"nosuid\",\"strictatime\",\"mode=755\",\"size=65536k\"]},"
	"{\"destination\":\"/dev/pts\",\"type\":\"devpts\",\"source\":\"devpts\","
	"\"options\":[\"nosuid\",\"noexec\",\"newinstance\",\"ptmxmode=0666\",\"mode=0620\",\"gid=5\"]},"
	"{\"destination\":\"/dev/shm\",\"type\":\"tmpfs\",\"source\":\"shm\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"mode=1777\",\"size=65536k\"]},"
	"{\"destination\":\"/dev/mqueue\",\"type\":\"mqueue\",\"source\":\"mqueue\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\"]},"
	"{\"destination\":\"/sys\",\"type\":\"sysfs\",\"source\":\"sysfs\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"ro\"]},"
	"{\"destination\":\"/sys/fs/cgroup\",\"type\":\"cgroup\",\"source\":\"cgroup\","
	"\"options\":[\"nosuid\",\"noexec\",\"nodev\",\"relatime\",\"ro\"]}";

static const char end_of_spec[] =
	"],\"linux\":{\"resources\":{\"devices\":[{\"allow\":false,\"access\":\"rwm\"}]%s},"
	"\"namespaces\":[{\"type\":\"pid\"},{\"type\":\"network\"},{\"type\":\"ipc\"},{\"type\":\"uts\"},"
	"{\"type\":\"mount\"},{\"type\":\"cgroup\"}],"
	"\"maskedPaths\":[\"/proc/acpi\",\"/proc/asound\",\"/proc/kcore\",\"/proc/keys\",\"/proc/latency_stats\","
	"\"/proc/timer_list\",\"/proc/timer_stats\",\"/proc/sched_debug\",\"/sys/firmware\",\"/proc/scsi\"],"
	"\"readonlyPaths\":[\"/proc/bus\",\"/proc/fs\",\"/proc/irq\",\"/proc/sys\",\"/proc/sysrq-trigger\"]";

static int copy_file(const char *from, const char *to)
{
	char block[65536];
	int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t length;

	if (in < 0 || out < 0) {
		fprintf(stderr, "bench: copy %s to %s: %s\n", from, to, strerror(errno));
		return -1;
	}
	while ((length = read(in, block, sizeof(block))) > 0)
		if (write(out, block, (size_t)length) != length)
			return -1;
	close(in);
	close(out);
	return length == 0 ? 0 : -1;
}

static int append_file(FILE *to, const char *path)
{
	FILE *from = fopen(path, "re");
	int c;

	if (!from) {
		fprintf(stderr, "bench: %s: %s\n", path, strerror(errno));
		return -1;
	}
	while ((c = getc(from)) != EOF)
		putc(c, to);
	fclose(from);
	return 0;
}

/* What engines set of a container with limits. */
static const char limits[] =
	",\"memory\":{\"limit\":268435456,\"swap\":268435456,\"reservation\":134217728},"
	"\"cpu\":{\"shares\":512,\"quota\":50000,\"period\":100000},\"pids\":{\"limit\":100}";

static int bundle_make(const struct bench *bench, const char *name, const char *argument, int binds,
		       const char *seccomp)
{
	static const char *const folders[] = {
		"", "/rootfs", "/rootfs/proc", "/rootfs/sys", "/rootfs/dev", "/rootfs/binds", "/source"
	};
	char path[512];
	FILE *file;

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, sizeof(path), "%s/%s%s", bench->folder, name, folders[i]);
		if (mkdir(path, 0755) < 0) {
			fprintf(stderr, "bench: mkdir %s: %s\n", path, strerror(errno));
			return -1;
		}
	}
	for (int i = 0; i < binds; i++) {
		snprintf(path, sizeof(path), "%s/%s/rootfs/binds/%d", bench->folder, name, i);
		if (mkdir(path, 0755) < 0)
			return -1;
	}
	snprintf(path, sizeof(path), "%s/%s/rootfs/tiny", bench->folder, name);
	if (copy_file(bench->guest, path) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/%s/config.json", bench->folder, name);
	file = fopen(path, "we");
	if (!file)
		return -1;
	fprintf(file, start_of_spec, argument);
	for (int i = 0; i < binds; i++)
		fprintf(file,
			",{\"destination\":\"/binds/%d\",\"type\":\"bind\",\"source\":\"%s/%s/source\","
			"\"options\":[\"rbind\",\"ro\"]}",
			i, bench->folder, name);
	fprintf(file, end_of_spec, strcmp(name, "limits") == 0 ? limits : "");
	if (seccomp) {
		fputs(",\"seccomp\":", file);
		if (append_file(file, seccomp) < 0)
			return -1;
	}
	fputs("}}\n", file);
	return fclose(file);
}

int bundles_make(struct bench *bench)
{
	if (bundle_make(bench, "plain", "", 0, NULL) < 0 || bundle_make(bench, "wait", ",\"wait\"", 0, NULL) < 0)
		return -1;
	if (bench->wanted[OP_BINDS] && bundle_make(bench, "binds", "", BINDS, NULL) < 0)
		return -1;
	if (bench->wanted[OP_LIMITS] && bundle_make(bench, "limits", ",\"wait\"", 0, NULL) < 0)
		return -1;
	if (bench->wanted[OP_SECCOMP] && bundle_make(bench, "seccomp", "", 0, bench->seccomp) < 0)
		return -1;
	return 0;
}
