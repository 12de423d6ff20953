/* kavel-shim's files: the attach socket's path and link, and the FIFOs ctl and winsz. */
#include "attach.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/auto.h"
#include "folder.h"
#include "unit.h"

static struct folder folder;
static struct shim_settings settings;
static struct loop *loop;
static struct attach *attach;
static struct loop_timer stop;
static struct {
	unsigned int resized, reopened;
	unsigned short rows, columns;
} seen;

static void take_end(void *owner)
{
	(void)owner;
}

static void take_resize(void *owner, unsigned short rows, unsigned short columns)
{
	(void)owner;
	seen.resized++;
	seen.rows = rows;
	seen.columns = columns;
}

static void take_reopen(void *owner)
{
	(void)owner;
	seen.reopened++;
}

static const struct attach_requests requests = {
	.input_end = take_end,
	.resize = take_resize,
	.reopen_logs = take_reopen,
};

static int stop_now(struct loop_timer *timer, struct err *err)
{
	(void)timer;
	(void)err;
	loop_stop(loop);
	return 0;
}

/* Handle what there is, for about so long. */
static void run_for(int ms)
{
	struct err err;

	stop = (struct loop_timer){ .expired = stop_now };
	loop_after(loop, &stop, ms);
	CHECK(loop_run(loop, &err) == 0);
}

/* Handle what there is: a round handles a few events, or one of each client. */
static void settle(void)
{
	for (int i = 0; i < 200; i++)
		run_for(0);
}

static void setup(void)
{
	struct err err = { 0 };

	memset(&seen, 0, sizeof(seen));
	folder_make(&folder);
	settings = (struct shim_settings){ .id = "c1", .bundle = folder.path };
	CHECK(loop_open(&loop, &err) == 0);
	if (!CHECK(attach_open(&settings, loop, &requests, &attach, &err) == 0))
		fprintf(stderr, "%s\n", err.text);
}

static void teardown(void)
{
	attach_close(attach);
	loop_close(loop);
	CHECK(!folder_exists(&folder, "attach") && !folder_exists(&folder, "ctl") && !folder_exists(&folder, "winsz"));
	folder_remove(&folder);
}

static int client_of(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/attach", path);
	CHECK(fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

/* The next packet, without waiting; -1: none; 0: end. */
static ssize_t next_packet(int fd, char *packet, size_t room)
{
	return recv(fd, packet, room, MSG_DONTWAIT);
}

static bool packet_is(int fd, char head, const char *text)
{
	char packet[ATTACH_OUTPUT_MAX + 2];
	ssize_t size = next_packet(fd, packet, sizeof(packet));

	return size == (ssize_t)strlen(text) + 1 && packet[0] == head && memcmp(packet + 1, text, strlen(text)) == 0;
}

/* CPU time of this process in milliseconds. */
static long cpu_ms(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
	       (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

/* A loop that spins uses all of the time. */
static bool is_calm(void)
{
	long before = cpu_ms();

	run_for(200);
	return cpu_ms() - before < 100;
}

static void a_long_path_is_reached_by_the_link(void)
{
	char name[201] = { 0 };
	autobuf deep = { 0 }, link = { 0 };
	struct folder sockets;
	struct stat file;
	struct err err = { 0 };
	int fd;

	setup();
	attach_close(attach);
	folder_make(&sockets);
	memset(name, 'd', sizeof(name) - 1);
	folder_mkdir(&folder, name);
	str_append_f(&deep, "%s/%s", folder.path, name);
	str_append_f(&link, "%s/u1", sockets.path);
	settings.bundle = deep.data;
	settings.socket_dir = sockets.path;
	settings.uuid = "u1";
	CHECK(attach_open(&settings, loop, &requests, &attach, &err) == 0);
	fd = client_of(link.data);
	settle();
	attach_write(attach, STREAM_STDOUT, "far", 3);
	CHECK(packet_is(fd, 2, "far"));
	(void)close(fd);
	str_append(&deep, "/attach");
	CHECK(lstat(deep.data, &file) == 0 && S_ISSOCK(file.st_mode) && (file.st_mode & 0777) == 0700);
	deep.data[deep.size - strlen("/attach")] = '\0';
	attach_close(attach);
	CHECK(!folder_exists(&sockets, "u1"));
	settings.full_attach = true;
	CHECK(attach_open(&settings, loop, &requests, &attach, &err) == 0);
	CHECK(!folder_exists(&sockets, "u1"));
	folder_remove(&sockets);
	teardown();
}

static void the_link_has_a_name_of_its_own(void)
{
	static const char *const bad[] = { "a/b", "..", ".", "" };
	struct folder sockets;
	struct err err = { 0 };

	setup();
	attach_close(attach);
	folder_make(&sockets);
	settings.socket_dir = sockets.path;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		settings.uuid = bad[i];
		CHECK(attach_open(&settings, loop, &requests, &attach, &err) < 0);
		CHECK(!folder_exists(&folder, "attach") && !folder_exists(&folder, "ctl"));
	}
	settings.uuid = "u1";
	folder_write(&sockets, "u1", "a file of somebody");
	CHECK(attach_open(&settings, loop, &requests, &attach, &err) == -EEXIST);
	folder_has(&sockets, "u1", "a file of somebody");
	folder_unlink(&sockets, "u1");
	CHECK(symlinkat("/nowhere", sockets.fd, "u1") == 0);
	CHECK(attach_open(&settings, loop, &requests, &attach, &err) == 0);
	teardown();
	folder_remove(&sockets);
}

static void files_of_a_shim_that_is_gone_are_replaced(void)
{
	struct attach *newer;
	struct err err = { 0 };
	int fd;

	setup();
	/* the first one does not know that it is dead, and must not remove what is not its own any more */
	CHECK(attach_open(&settings, loop, &requests, &newer, &err) == 0);
	attach_close(attach);
	attach = newer;
	CHECK(folder_exists(&folder, "attach") && folder_exists(&folder, "ctl") && folder_exists(&folder, "winsz"));
	fd = client_of(folder.path);
	settle();
	attach_write(attach, STREAM_STDOUT, "new", 3);
	CHECK(packet_is(fd, 2, "new"));
	(void)close(fd);
	teardown();
}

static void what_is_not_a_shims_file_is_not_replaced(void)
{
	static const char *const names[] = { "attach", "ctl", "winsz" };
	struct err err = { 0 };

	setup();
	attach_close(attach);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		folder_write(&folder, names[i], "kept");
		CHECK(attach_open(&settings, loop, &requests, &attach, &err) == -EEXIST);
		CHECK_HAS(err.text, names[i]);
		folder_has(&folder, names[i], "kept");
		folder_unlink(&folder, names[i]);
		for (size_t k = 0; k < ARRAY_SIZE(names); k++)
			CHECK(!folder_exists(&folder, names[k]));
		CHECK(symlinkat("/etc/passwd", folder.fd, names[i]) == 0);
		CHECK(attach_open(&settings, loop, &requests, &attach, &err) == -EEXIST);
		folder_unlink(&folder, names[i]);
	}
	CHECK(attach_open(&settings, loop, &requests, &attach, &err) == 0);
	teardown();
}

static void tell(const char *fifo, const char *text)
{
	int fd = openat(folder.fd, fifo, O_WRONLY | O_CLOEXEC | O_NONBLOCK);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	(void)close(fd);
}

static void the_fifos_are_heard(void)
{
	setup();
	tell("ctl", "1 24 80\n");
	settle();
	CHECK(seen.resized == 1 && seen.rows == 24 && seen.columns == 80);
	tell("winsz", "50 132\n");
	settle();
	CHECK(seen.resized == 2 && seen.rows == 50 && seen.columns == 132);
	tell("ctl", "2 0 0\n");
	settle();
	CHECK(seen.reopened == 1);
	CHECK(is_calm()); /* all writers are gone */
	teardown();
}

static void a_flood_on_a_fifo_is_read_and_one_size_counts(void)
{
	setup();
	for (int i = 0; i < 100; i++)
		tell("ctl", "garbage without end ");
	for (int i = 0; i < 100; i++)
		tell("ctl", "\n1 10 10\n1 20 20\n2 0 0\n2 0 0\n");
	settle();
	CHECK(seen.rows == 20 && seen.columns == 20);
	CHECK(seen.resized >= 1 && seen.resized < 20 && seen.reopened >= 1 && seen.reopened < 20);
	CHECK(is_calm());
	teardown();
}

static const struct unit_test tests[] = {
	TEST(a_long_path_is_reached_by_the_link),
	TEST(the_link_has_a_name_of_its_own),
	TEST(files_of_a_shim_that_is_gone_are_replaced),
	TEST(what_is_not_a_shims_file_is_not_replaced),
	TEST(the_fifos_are_heard),
	TEST(a_flood_on_a_fifo_is_read_and_one_size_counts),
	TEST_END,
};

int main(void)
{
	return unit_run(tests);
}
