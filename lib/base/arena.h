/* Memory that dies together: a chain of blocks freed as one.  Everything handed out is zeroed and aligned
 * for any type. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks; /* newest first; NULL: empty */
};

/* `count` objects of `size` bytes each, zeroed.  Returns NULL when memory ran out or count * size
 * overflows.  count 0 returns a valid pointer to nothing. */
void *arena_alloc(struct arena *arena, size_t count, size_t size);

/* A copy of the string, or NULL when memory ran out. */
char *arena_strdup(struct arena *arena, const char *text);

/* A formatted string, or NULL when memory ran out. */
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Free everything; the arena is empty and usable afterwards. */
void arena_free(struct arena *arena);

#define ARENA_NEW(arena, type, count) ((type *)arena_alloc((arena), (count), sizeof(type)))
