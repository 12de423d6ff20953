/* What the guest can do with files and mounts. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "guest.h"

void do_read(const char *path)
{
	char text[4096], last = '\n';
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return failed("read", path);
	while ((length = read(fd, text, sizeof(text))) > 0) {
		fwrite(text, 1, (size_t)length, stdout);
		last = text[length - 1];
	}
	if (length < 0)
		failed("read", path);
	else if (last != '\n')
		puts("");
	close(fd);
}

/* "PATH:TEXT": write TEXT, creating the file. */
void do_write(const char *value)
{
	const char *colon = strrchr(value, ':');
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%.*s", colon ? (int)(colon - value) : (int)strlen(value), value);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
	if (fd < 0)
		return failed("write", value);
	if (colon && write(fd, colon + 1, strlen(colon + 1)) < 0)
		failed("write", value);
	else
		printf("write=%s: ok\n", value);
	close(fd);
}

void do_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return failed("open", path);
	printf("open=%s: ok\n", path);
	close(fd);
}

void do_stat(const char *path)
{
	static const char *const types[] = { [S_IFREG >> 12] = "file",	 [S_IFDIR >> 12] = "directory",
					     [S_IFCHR >> 12] = "char",	 [S_IFBLK >> 12] = "block",
					     [S_IFIFO >> 12] = "fifo",	 [S_IFLNK >> 12] = "link",
					     [S_IFSOCK >> 12] = "socket" };
	struct stat status;

	if (lstat(path, &status) < 0)
		return failed("stat", path);
	printf("stat=%s: %s %04o %u:%u", path, types[(status.st_mode & S_IFMT) >> 12], status.st_mode & 07777,
	       status.st_uid, status.st_gid);
	if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
		printf(" %u:%u", major(status.st_rdev), minor(status.st_rdev));
	else if (S_ISREG(status.st_mode))
		printf(" %lld", (long long)status.st_size);
	puts("");
}

void do_readlink(const char *path)
{
	char target[4096];
	ssize_t length = readlink(path, target, sizeof(target));

	if (length < 0)
		failed("readlink", path);
	else
		printf("readlink=%s: %.*s\n", path, (int)length, target);
}

void do_ls(const char *path)
{
	struct dirent **items;
	int count = scandir(path, &items, NULL, alphasort);

	if (count < 0)
		return failed("ls", path);
	printf("ls=%s:", path);
	for (int i = 0; i < count; i++)
		if (strcmp(items[i]->d_name, ".") != 0 && strcmp(items[i]->d_name, "..") != 0)
			printf(" %s", items[i]->d_name);
	puts("");
}

void do_statfs(const char *path)
{
	struct statfs status;

	if (statfs(path, &status) < 0)
		failed("statfs", path);
	else
		printf("statfs=%s: %llx\n", path, (unsigned long long)status.f_type);
}

/* "PATH": what lies there is a mount, with these options; the last of several counts. */
void do_mount_of(const char *path)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char line[8192], found[8192] = "none\n", point[4096];

	if (!file)
		return failed("mount", path);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1 && strcmp(point, path) == 0)
			strcpy(found, line);
	fclose(file);
	printf("mount=%s: %s", path, found);
}

void do_mkdir(const char *path)
{
	if (mkdir(path, 0755) < 0)
		failed("mkdir", path);
	else
		printf("mkdir=%s: ok\n", path);
}

void do_unlink(const char *path)
{
	if (unlink(path) < 0)
		failed("unlink", path);
	else
		printf("unlink=%s: ok\n", path);
}

/* "PATH:MAJOR:MINOR" */
void do_mknod(const char *value)
{
	char path[256];
	unsigned int major_number, minor_number;

	if (sscanf(value, "%255[^:]:%u:%u", path, &major_number, &minor_number) != 3 ||
	    mknod(path, S_IFCHR | 0666, makedev(major_number, minor_number)) < 0)
		failed("mknod", value);
	else
		printf("mknod=%s: ok\n", value);
}

void do_mount(const char *path)
{
	if (mount("none", path, "tmpfs", 0, NULL) < 0)
		failed("mount-tmpfs", path);
	else
		printf("mount-tmpfs=%s: ok\n", path);
}

void do_remount(const char *path)
{
	if (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL) < 0)
		failed("remount-rw", path);
	else
		printf("remount-rw=%s: ok\n", path);
}

void do_umount(const char *path)
{
	if (umount2(path, MNT_DETACH) < 0)
		failed("umount", path);
	else
		printf("umount=%s: ok\n", path);
}

void do_chroot(const char *path)
{
	if (chroot(path) < 0)
		failed("chroot", path);
	else
		printf("chroot=%s: ok\n", path);
}

void do_chdir(const char *path)
{
	if (chdir(path) < 0)
		failed("chdir", path);
}

/* Read from an inherited descriptor. */
void do_read_fd(const char *value)
{
	char text[4096];
	ssize_t length = read(atoi(value), text, sizeof(text));

	if (length < 0)
		failed("read-fd", value);
	else
		printf("read-fd=%s: %.*s\n", value, (int)length, text);
}

/* "FD:TEXT" */
void do_write_fd(const char *value)
{
	const char *text = strchr(value, ':');

	if (!text || write(atoi(value), text + 1, strlen(text + 1)) < 0)
		failed("write-fd", value);
}

void do_stdin(void)
{
	char text[4096];
	ssize_t length;

	while ((length = read(0, text, sizeof(text))) > 0)
		fwrite(text, 1, (size_t)length, stdout);
	if (length < 0)
		failed("stdin", "");
}

/* Send READY=1 to the notification socket. */
void do_notify(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (!path || strlen(path) >= sizeof(address.sun_path)) {
		puts("notify: no socket");
	} else {
		strcpy(address.sun_path, path);
		if (sendto(fd, "READY=1", 7, 0, (struct sockaddr *)&address, sizeof(address)) < 0)
			failed("notify", path);
		else
			printf("notify: %s\n", path);
	}
	close(fd);
}
