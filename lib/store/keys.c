#include "store/keys.h"

#include <string.h>

#include "base/str.h"

/* The byte that a terminal sends for a key; -1: there is no such key. */
static int parse_key(const char *name, size_t size)
{
	static const char ctrl[] = "ctrl-";
	const char *letter = name + sizeof(ctrl) - 1;

	if (size == 1)
		return (unsigned char)*name;
	if (size != sizeof(ctrl) || memcmp(name, ctrl, sizeof(ctrl) - 1) != 0)
		return -1;
	if ((*letter >= 'a' && *letter <= 'z') || (*letter >= '@' && *letter <= '_'))
		return *letter & 0x1f;
	return -1;
}

int keys_parse(const char *text, struct keys *ret, struct err *err)
{
	struct keys keys = { .count = 0 };

	while (*text || keys.count) {
		size_t size = strcspn(text, ",");
		int key = parse_key(text, size);

		if (key < 0)
			return err_user(err,
					"detach keys: \"%.*s\" is not a key: one character, or ctrl- and one of a-z @ "
					"[ \\ ] ^ _",
					(int)(size < 40 ? size : 40), text);
		if (keys.count == KEYS_MAX)
			return err_user(err, "detach keys: more than %d", KEYS_MAX);
		keys.bytes[keys.count++] = (char)key;
		text += size;
		if (!*text++)
			break;
	}
	*ret = keys;
	return 0;
}

/* One byte more; those that cannot be a part of the sequence go to `out`.  The held bytes are always the beginning of it. */
static size_t take_byte(struct keys *keys, char byte, char *out)
{
	char held[KEYS_MAX + 1];
	size_t count = keys->matched, skipped = 0;

	memcpy(held, keys->bytes, count);
	held[count++] = byte;
	while (skipped < count && memcmp(held + skipped, keys->bytes, count - skipped) != 0)
		skipped++;
	memcpy(out, held, skipped);
	keys->matched = count - skipped;
	return skipped;
}

bool keys_take(struct keys *keys, const char *typed, size_t size, char *out, size_t *ret_size)
{
	*ret_size = 0;
	if (keys->count == 0) {
		memcpy(out, typed, size);
		*ret_size = size;
		return false;
	}
	for (size_t i = 0; i < size; i++) {
		*ret_size += take_byte(keys, typed[i], out + *ret_size);
		if (keys->matched == keys->count)
			return true;
	}
	return false;
}
