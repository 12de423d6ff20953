/* JSON objects to structs, by tables: one row per member.
 *
 *	FIELDS(rlimit_fields, struct spec_rlimit) {
 *		STR(struct spec_rlimit, "type", type, F_REQUIRED),
 *		U64(struct spec_rlimit, "soft", soft, UINT64_MAX, F_REQUIRED),
 *		END
 *	};
 *
 * The macros make the compiler compare the member's type with the row's kind.  A row is one of these kinds:
 *
 *	STR, STR_OF	const char *; STR_OF: one of a list of names
 *	ENUM		an enum, by a list of names
 *	BOOL, U16, U32, U64, I32, I64
 *	OPT_BOOL, OPT_U64, OPT_I64	struct { bool is_set; T value; }
 *	STRINGS, STRINGS_OF, U32S	struct { T *items; size_t count; }
 *	PAIRS		the same of struct { const char *key, *value; }: an object whose values are strings
 *	OBJECT		a struct with its own table; OBJECT_SET when it has a member is_set
 *	ARRAY		struct { T *items; size_t count; } of objects with their own table
 *	MAP		the same for an object of objects; the key goes into a member
 *
 * Strings point into the JSON value, arrays are taken from an arena: both must outlive the struct.  null counts as an
 * absent member, as encoders of other languages write it for one.  Members that the table does not name are ignored. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct json_t; /* jansson's */

enum field_kind {
	FIELD_STR,
	FIELD_ENUM,
	FIELD_BOOL,
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_I32,
	FIELD_I64,
	FIELD_OPT_BOOL,
	FIELD_OPT_U64,
	FIELD_OPT_I64,
	FIELD_STRINGS,
	FIELD_U32S,
	FIELD_PAIRS,
	FIELD_OBJECT,
	FIELD_ARRAY,
	FIELD_MAP,
};

/* Flags of a row; F_ABSOLUTE, F_PATH and F_LINE hold for each string of a list. */
enum {
	F_REQUIRED = 1 << 0,	    /* must be there */
	F_FILLED = 1 << 1,	    /* the string, array or object must not be empty */
	F_ABSOLUTE = 1 << 2,	    /* an absolute path of at most 4095 bytes */
	F_PATH = 1 << 3,	    /* a path, maybe a relative one, of at most 4095 bytes */
	F_LINE = 1 << 4,	    /* without control characters, so without a newline */
	F_EMPTY_IS_ABSENT = 1 << 5, /* "" counts as absent */
	F_CLOSED = 1 << 6,	    /* OBJECT: members that the table does not name are refused */
};

/* Names that a string may have, and what to call it: `invalid <noun> "x"`. */
struct field_names {
	const char *noun;
	const char *const *names; /* ends with NULL; ENUM: the value is the index */
};

struct field {
	const char *name; /* NULL ends the table */
	enum field_kind kind;
	unsigned int flags;
	size_t offset;			 /* of the member */
	size_t set_at;			 /* offset + 1 of a bool that tells that it was there; 0: none */
	size_t size;			 /* ARRAY, MAP: bytes of an element */
	size_t key_offset;		 /* MAP: of the key's member in an element */
	int64_t min;			 /* of numbers */
	uint64_t max;
	int64_t otherwise;		 /* I64: the value of an absent member */
	const struct field *fields;	 /* OBJECT, ARRAY, MAP */
	const struct field_names *names; /* ENUM; STR and STRINGS: NULL allows everything */
};

/* Decode `value`, which must be an object, into `object`, zeroed before by the caller.  place: its path in the
 * document, "" for the document itself.  On failure `object` holds no more than what came before the failing member.
 * Errors: EINVAL, "<path>: expected unsigned integer, got string", "<path>: missing", "<path>: 5 is out of range
 * 0 to 3", ...; ENOMEM. */
int json_decode(const struct json_t *value, const struct field *fields, void *object, struct arena *arena,
		const char *place, struct err *err);

/* Call visit() for each row of a table and of the tables below it, depth first, with the path of the member: elements
 * of an array are "name[]", of a map "name{}".  prefix: put before each path, "" for none. */
void json_fields_visit(const struct field *fields, const char *prefix,
		       void (*visit)(void *data, const char *path, bool required), void *data);

/* Call visit() with the path of each member of `value`, an object, and of those below it that its table does not name.
 * place: the object's own path, "" for the document itself. */
void json_visit_unknown(const struct json_t *value, const struct field *fields, const char *place,
			void (*visit)(void *data, const char *path), void *data);

/* The row of a member by its path, as json_fields_visit() tells it; NULL: there is none. */
const struct field *json_fields_find(const struct field *fields, const char *path);

/* ---------------------------------------------------------------- building tables */

/* A table for objects of `type`, for this file; FIELDS_EXPORT and FIELDS_DECLARE for one used by others. */
#define FIELDS(table, type)               \
	typedef type table##_object_type; \
	static const struct field table[] =
#define FIELDS_DECLARE(table, type)       \
	typedef type table##_object_type; \
	extern const struct field table[]
#define FIELDS_EXPORT(table) const struct field table[] =

#define END { .name = NULL }

/* 0, unless the condition is false, which stops the compiler. */
#define FIELD_CHECK(condition, text) \
	(0 * sizeof(struct {         \
		 _Static_assert(condition, text); \
		 int unused; }))
#define FIELD_MEMBER(type, member) (((type *)0)->member)
#define FIELD_IS(type, member, wanted) \
	__builtin_types_compatible_p(__typeof__(FIELD_MEMBER(type, member)), wanted)
#define FIELD_AT(type, member, wanted) \
	(offsetof(type, member) + FIELD_CHECK(FIELD_IS(type, member, wanted), "the member is not of the row's kind"))
#define FIELD_AT_OPT(type, member, wanted)                                                        \
	(offsetof(type, member) + FIELD_CHECK(FIELD_IS(type, member.is_set, bool) &&              \
						      FIELD_IS(type, member.value, wanted),       \
					      "the member is not an optional of the row's kind"))
#define FIELD_IS_LIST(type, member)                                           \
	(FIELD_IS(type, member.count, size_t) &&                              \
	 offsetof(type, member.items) == offsetof(type, member) &&            \
	 offsetof(type, member.count) == offsetof(type, member) + sizeof(void *))
#define FIELD_AT_LIST(type, member, wanted)                                                       \
	(offsetof(type, member) + FIELD_CHECK(FIELD_IS(type, member.items, wanted *) &&           \
						      FIELD_IS_LIST(type, member),                \
					      "the member is not a list of the row's kind"))
#define FIELD_AT_TABLE(type, member, table)                                                       \
	(offsetof(type, member) + FIELD_CHECK(FIELD_IS(type, member, table##_object_type),        \
					      "the table is for another type"))
#define FIELD_SET_AT(type, member) (FIELD_AT(type, member, bool) + 1)

/* type: the struct; label: the member's name in JSON; member: in the struct; f: flags. */
#define STR(type, label, member, f) \
	{ .name = label, .kind = FIELD_STR, .flags = f, .offset = FIELD_AT(type, member, const char *) }
#define STR_OF(type, label, member, list, f)                                                                   \
	{ .name = label, .kind = FIELD_STR, .flags = f, .offset = FIELD_AT(type, member, const char *),        \
	  .names = &(list) }
#define ENUM(type, label, member, list, f)                                                                     \
	{ .name = label, .kind = FIELD_ENUM, .flags = f, .names = &(list),                                     \
	  .offset = offsetof(type, member) + FIELD_CHECK(sizeof(FIELD_MEMBER(type, member)) == sizeof(int),    \
							 "the member is not an enum") }
#define BOOL(type, label, member, f) \
	{ .name = label, .kind = FIELD_BOOL, .flags = f, .offset = FIELD_AT(type, member, bool) }

#define FIELD_UNSIGNED(k, at, label, most, f) \
	{ .name = label, .kind = k, .flags = f, .offset = at, .max = most }
#define FIELD_SIGNED(k, at, label, least, most, f) \
	{ .name = label, .kind = k, .flags = f, .offset = at, .min = least, .max = most }

#define U16(type, label, member, most, f) \
	FIELD_UNSIGNED(FIELD_U16, FIELD_AT(type, member, uint16_t), label, most, f)
#define U32(type, label, member, most, f) \
	FIELD_UNSIGNED(FIELD_U32, FIELD_AT(type, member, uint32_t), label, most, f)
#define U64(type, label, member, most, f) \
	FIELD_UNSIGNED(FIELD_U64, FIELD_AT(type, member, uint64_t), label, most, f)
#define I32(type, label, member, least, most, f) \
	FIELD_SIGNED(FIELD_I32, FIELD_AT(type, member, int32_t), label, least, most, f)
#define I64(type, label, member, least, most, f) \
	FIELD_SIGNED(FIELD_I64, FIELD_AT(type, member, int64_t), label, least, most, f)
/* otherwise: the value when the member is absent. */
#define I64_OR(type, label, member, least, most, absent, f)                                                    \
	{ .name = label, .kind = FIELD_I64, .flags = f, .offset = FIELD_AT(type, member, int64_t),             \
	  .min = least, .max = most, .otherwise = absent }
#define OPT_BOOL(type, label, member, f) \
	{ .name = label, .kind = FIELD_OPT_BOOL, .flags = f, .offset = FIELD_AT_OPT(type, member, bool) }
#define OPT_U64(type, label, member, most, f) \
	FIELD_UNSIGNED(FIELD_OPT_U64, FIELD_AT_OPT(type, member, uint64_t), label, most, f)
#define OPT_I64(type, label, member, least, most, f) \
	FIELD_SIGNED(FIELD_OPT_I64, FIELD_AT_OPT(type, member, int64_t), label, least, most, f)

#define STRINGS(type, label, member, f) \
	{ .name = label, .kind = FIELD_STRINGS, .flags = f, .offset = FIELD_AT_LIST(type, member, const char *) }
#define STRINGS_OF(type, label, member, list, f)                                                               \
	{ .name = label, .kind = FIELD_STRINGS, .flags = f, .offset = FIELD_AT_LIST(type, member, const char *), \
	  .names = &(list) }
/* set: a bool member that tells whether the array was there, also when it is empty. */
#define STRINGS_SET(type, label, member, set, f)                                                               \
	{ .name = label, .kind = FIELD_STRINGS, .flags = f, .offset = FIELD_AT_LIST(type, member, const char *), \
	  .set_at = FIELD_SET_AT(type, set) }
#define STRINGS_OF_SET(type, label, member, set, list, f)                                                      \
	{ .name = label, .kind = FIELD_STRINGS, .flags = f, .offset = FIELD_AT_LIST(type, member, const char *), \
	  .names = &(list), .set_at = FIELD_SET_AT(type, set) }
#define U32S(type, label, member, most, f) \
	FIELD_UNSIGNED(FIELD_U32S, FIELD_AT_LIST(type, member, uint32_t), label, most, f)
#define PAIRS(type, label, member, f)                                                                          \
	{ .name = label, .kind = FIELD_PAIRS, .flags = f,                                                      \
	  .offset = offsetof(type, member) +                                                                   \
		    FIELD_CHECK(FIELD_IS(type, member.items->key, const char *) &&                             \
					FIELD_IS(type, member.items->value, const char *) &&                   \
					sizeof(*FIELD_MEMBER(type, member.items)) == 2 * sizeof(char *) &&     \
					FIELD_IS_LIST(type, member),                                           \
				"the member is not a list of pairs") }

#define OBJECT(type, label, member, table, f)                                                                  \
	{ .name = label, .kind = FIELD_OBJECT, .flags = f, .offset = FIELD_AT_TABLE(type, member, table),      \
	  .fields = table }
#define OBJECT_SET(type, label, member, table, f)                                                              \
	{ .name = label, .kind = FIELD_OBJECT, .flags = f, .offset = FIELD_AT_TABLE(type, member, table),      \
	  .fields = table, .set_at = FIELD_SET_AT(type, member.is_set) }
#define ARRAY(type, label, member, table, f)                                                                   \
	{ .name = label, .kind = FIELD_ARRAY, .flags = f, .fields = table, .size = sizeof(table##_object_type), \
	  .offset = FIELD_AT_LIST(type, member, table##_object_type) }
#define MAP(type, label, member, table, key, f)                                                                \
	{ .name = label, .kind = FIELD_MAP, .flags = f, .fields = table, .size = sizeof(table##_object_type),  \
	  .offset = FIELD_AT_LIST(type, member, table##_object_type),                                          \
	  .key_offset = FIELD_AT(table##_object_type, key, const char *) }
