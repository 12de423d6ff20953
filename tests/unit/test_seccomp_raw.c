/* Raw programs: the check is held against the kernel, which is asked about the same programs. */
#include "seccomp/raw.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "bpf.h"
#include "child.h"
#include "unit.h"

#define TEXT_MAX (BPF_MAXINSNS * 8 * 2)

static void encode(const struct sock_filter *items, size_t count, char *ret)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const uint8_t *bytes = (const uint8_t *)items;
	const size_t size = count * sizeof(*items);

	for (size_t i = 0; i < size; i += 3) {
		uint32_t group = (uint32_t)bytes[i] << 16;

		group |= i + 1 < size ? (uint32_t)bytes[i + 1] << 8 : 0;
		group |= i + 2 < size ? bytes[i + 2] : 0;
		*ret++ = digits[group >> 18];
		*ret++ = digits[group >> 12 & 63];
		*ret++ = (char)(i + 1 < size ? digits[group >> 6 & 63] : '=');
		*ret++ = (char)(i + 2 < size ? digits[group & 63] : '=');
	}
	*ret = '\0';
}

static int read_text(const char *text, struct seccomp_filter *ret, bool *ret_notifies, struct err *err)
{
	static struct arena arena;

	arena_free(&arena);
	arena = (struct arena){ 0 };
	memset(ret, 0, sizeof(*ret));
	return seccomp_raw_read(text, "it", &arena, ret, ret_notifies, err);
}

static int read_items(const struct sock_filter *items, size_t count, struct seccomp_filter *ret, bool *ret_notifies,
		      struct err *err)
{
	static char text[TEXT_MAX];

	encode(items, count, text);
	return read_text(text, ret, ret_notifies, err);
}

static void a_program_is_taken_as_it_is(void)
{
	struct sock_filter items[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 83, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 5),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct seccomp_filter filter;
	struct err err;
	bool notifies = true;

	for (size_t count = 3; count <= 4; count++) {
		CHECK(read_items(items + 4 - count, count, &filter, &notifies, &err) == 0);
		CHECK(filter.count == count && !memcmp(filter.instructions, items + 4 - count, count * sizeof(*items)));
		CHECK(!notifies);
	}
	items[2].k = SECCOMP_RET_USER_NOTIF;
	CHECK(read_items(items, 4, &filter, &notifies, &err) == 0 && notifies);
}

static void the_length_is_that_of_the_kernel(void)
{
	static struct sock_filter items[BPF_MAXINSNS + 1];
	const size_t with_listener = BPF_MAXINSNS - FILTER_LISTENER_ROOM;
	struct seccomp_filter filter;
	struct err err;
	bool notifies;

	for (size_t i = 0; i <= BPF_MAXINSNS; i++)
		items[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	CHECK(read_items(items, BPF_MAXINSNS, &filter, &notifies, &err) == 0 && filter.count == BPF_MAXINSNS);
	CHECK(read_items(items, BPF_MAXINSNS + 1, &filter, &notifies, &err) == -EINVAL);
	CHECK_STR(err.text, "it: more than 4096 instructions");
	items[0].k = SECCOMP_RET_USER_NOTIF;
	CHECK(read_items(items, with_listener, &filter, &notifies, &err) == 0);
	CHECK(read_items(items, with_listener + 1, &filter, &notifies, &err) == -EINVAL);
	CHECK_STR(err.text, "it: more than 4070 instructions");
}

static void what_is_no_base64_is_refused(void)
{
	static const char *const texts[] = {
		"",
		"=",
		"====",
		"A",
		"AAAA",
		"AAAAAAAAAAA",
		"AAAAAAAAAAB=",
		"AAAAAAAAA===",
		"AAAAAAAAAA =",
		"AAAA\nAAAAAA=",
		"AAAAAAAAAA-=",
		"AAA=AAAAAAA=",
		"\xff\xff\xff\xff",
	};
	struct seccomp_filter filter;
	struct err err;
	bool notifies;

	for (size_t i = 0; i < COUNT(texts); i++) {
		if (!CHECK(read_text(texts[i], &filter, &notifies, &err) == -EINVAL))
			printf("# %s\n", texts[i]);
		CHECK(!filter.instructions);
	}
	/* eight bytes of zero load a constant, and that is all */
	CHECK(read_text("AAAAAAAAAAA=", &filter, &notifies, &err) == -EINVAL);
	CHECK_STR(err.text, "it: the last instruction does not return");
}

/* ---------------------------------------------------------------- the kernel's opinion */

#define AROUND 6

/* The instruction where it is never reached: a program that the kernel takes allows everything. */
static void make_program(struct sock_filter instruction, struct sock_filter ret[AROUND])
{
	ret[0] = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 1);
	ret[1] = instruction;
	for (int i = 2; i < AROUND; i++)
		ret[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
}

static bool compare(struct sock_filter instruction)
{
	struct sock_filter items[AROUND];
	struct seccomp_filter filter, own = { items, AROUND, 0 };
	struct err err;
	bool notifies, is_taken;

	make_program(instruction, items);
	is_taken = bpf_load(&own) == 0;
	if (CHECK((read_items(items, AROUND, &filter, &notifies, &err) == 0) == is_taken))
		return true;
	printf("# code %#x, k %#x: the kernel %s it\n", instruction.code, instruction.k,
	       is_taken ? "takes" : "refuses");
	return false;
}

/* Each code with constants at the edges. */
static bool child_compare(void)
{
	static const uint32_t constants[] = { 0, 1, 2, 3, 4, 15, 16, 31, 32, 60, 63, 64, 0xffffffff };
	bool is_right = CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);

	for (unsigned int code = 0; code <= 0x1ff && is_right; code++)
		for (size_t i = 0; i < COUNT(constants) && is_right; i++)
			is_right =
				compare((struct sock_filter){ (uint16_t)code, (uint8_t)constants[i], 1, constants[i] });
	return is_right;
}

static void single_instructions_are_taken_as_the_kernel_does(void)
{
	CHECK(in_child(child_compare));
}

int main(void)
{
	static const struct unit_test tests[] = {
		TEST(a_program_is_taken_as_it_is),
		TEST(the_length_is_that_of_the_kernel),
		TEST(what_is_no_base64_is_refused),
		TEST(single_instructions_are_taken_as_the_kernel_does),
		TEST_END,
	};

	return unit_run(tests);
}
