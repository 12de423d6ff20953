/* A temporary folder, as a stand-in for a kernel's file system. */
#pragma once

#include <stdbool.h>

struct folder {
	char path[64];
	int fd;
};

void folder_make(struct folder *folder);
void folder_remove(struct folder *folder);

/* Make the file, or replace what it holds. */
void folder_write(const struct folder *folder, const char *name, const char *text);
void folder_mkdir(const struct folder *folder, const char *name);
void folder_unlink(const struct folder *folder, const char *name);
bool folder_exists(const struct folder *folder, const char *name);

/* Check that the file holds this text. */
void folder_has(const struct folder *folder, const char *name, const char *text);
