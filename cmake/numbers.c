/* A program of the build: what libseccomp says of all names of system calls, as the rows of the table in
 * lib/seccomp/numbers.c, on standard output. */
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/seccomp/machine.h"

#define NAMES_MAX 4096
#define NAME_MAX  31 /* what a row of the table can hold */

struct column {
	uint32_t token;
	int base;
};

/* The same and in the same order as seccomp_targets. */
static const struct column columns[] = {
#if SECCOMP_MACHINE == SECCOMP_X86
	{ SCMP_ARCH_X86_64, 0 }, { SCMP_ARCH_X86, 0 }, { SCMP_ARCH_X32, 0x40000000 },
#elif SECCOMP_MACHINE == SECCOMP_ARM
	{ SCMP_ARCH_AARCH64, 0 }, { SCMP_ARCH_ARM, 0 },
#else
	{ SCMP_ARCH_RISCV64, 0 },
#endif
};

#define COLUMNS (sizeof(columns) / sizeof(*columns))

/* Architectures whose names are looked for: of every family one, so that a call of another machine counts as known. */
static const uint32_t all_archs[] = {
	SCMP_ARCH_X86_64, SCMP_ARCH_X86,   SCMP_ARCH_ARM,   SCMP_ARCH_AARCH64, SCMP_ARCH_MIPS,	 SCMP_ARCH_MIPS64,
	SCMP_ARCH_PPC64,  SCMP_ARCH_S390X, SCMP_ARCH_S390,  SCMP_ARCH_PARISC,  SCMP_ARCH_RISCV64, SCMP_ARCH_PPC,
	SCMP_ARCH_X32,
};

/* Where the numbers of one architecture or another begin: common ones, MIPS' three, ARM's private ones, x32's, and those
 * that libseccomp itself gives to what an architecture does not have. */
static const struct {
	int begin, end;
} ranges[] = {
	{ 0, 1000 }, { 4000, 7000 }, { 0xf0000, 0xf0040 }, { 0x40000000, 0x40000400 }, { -400, -100 }, { -10400, -10000 },
};

/* Calls that came when a libseccomp in use did not know them yet.  Since Linux 5.1 a new call has one number everywhere,
 * save those marked, which are for x86-64 alone. */
static const struct {
	const char *name;
	int number;
	int only_x86_64;
} newest[] = {
	{ "uretprobe", 335, 1 },	 { "uprobe", 336, 1 },		 { "cachestat", 451, 0 },
	{ "fchmodat2", 452, 0 },	 { "map_shadow_stack", 453, 0 }, { "futex_wake", 454, 0 },
	{ "futex_wait", 455, 0 },	 { "futex_requeue", 456, 0 },	 { "statmount", 457, 0 },
	{ "listmount", 458, 0 },	 { "lsm_get_self_attr", 459, 0 }, { "lsm_set_self_attr", 460, 0 },
	{ "lsm_list_modules", 461, 0 },	 { "mseal", 462, 0 },		 { "setxattrat", 463, 0 },
	{ "getxattrat", 464, 0 },	 { "listxattrat", 465, 0 },	 { "removexattrat", 466, 0 },
	{ "open_tree_attr", 467, 0 },	 { "file_getattr", 468, 0 },	 { "file_setattr", 469, 0 },
	{ "listns", 470, 0 },		 { "rseq_slice_yield", 471, 0 },
};

#define NEWEST (sizeof(newest) / sizeof(*newest))

struct row {
	char *name;
	int newest; /* its index there and one; 0: libseccomp knows it */
};

static struct row rows[NAMES_MAX];
static size_t row_count;

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

static void add(char *name, int newest_index)
{
	if (!name)
		return;
	for (size_t i = 0; i < row_count; i++) {
		if (strcmp(rows[i].name, name) == 0) {
			free(name);
			return;
		}
	}
	if (row_count == NAMES_MAX || strlen(name) > NAME_MAX) {
		fprintf(stderr, "numbers: no place for %s\n", name);
		exit(1);
	}
	rows[row_count++] = (struct row){ name, newest_index };
}

static void add_names(void)
{
	for (size_t i = 0; i < sizeof(all_archs) / sizeof(*all_archs); i++)
		for (size_t j = 0; j < sizeof(ranges) / sizeof(*ranges); j++)
			for (int number = ranges[j].begin; number < ranges[j].end; number++)
				add(seccomp_syscall_resolve_num_arch(all_archs[i], number), 0);
	for (size_t i = 0; i < NEWEST; i++)
		if (seccomp_syscall_resolve_name(newest[i].name) == __NR_SCMP_ERROR)
			add(strdup(newest[i].name), (int)i + 1);
}

/* On 32-bit x86, libseccomp answers with the function of the multiplexer even where there is a number of its own. */
static int find_direct(uint32_t token, const char *name)
{
	int number = seccomp_syscall_resolve_name_arch(token, name);

	if (number >= 0)
		return number;
	for (number = 0; token == SCMP_ARCH_X86 && number < 1000; number++) {
		char *found = seccomp_syscall_resolve_num_arch(token, number);
		int is_same = found && strcmp(found, name) == 0;

		free(found);
		if (is_same)
			return number;
	}
	return -1;
}

static int find_number(const struct row *row, const struct column *column)
{
	if (!row->newest)
		return find_direct(column->token, row->name);
	if (newest[row->newest - 1].only_x86_64 && column->token != SCMP_ARCH_X86_64)
		return -1;
	return column->base + newest[row->newest - 1].number;
}

static void print_row(const struct row *row)
{
	int multiplexed = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86, row->name);

	printf("\t{ \"%s\", { ", row->name);
	for (size_t i = 0; i < COLUMNS; i++)
		printf("%d%s", find_number(row, &columns[i]), i + 1 < COLUMNS ? ", " : " }, ");
	printf("%d },\n", multiplexed < -100 && multiplexed > -300 ? -multiplexed : 0);
}

int main(void)
{
	add_names();
	qsort(rows, row_count, sizeof(*rows), compare);
	for (size_t i = 0; i < row_count; i++)
		print_row(&rows[i]);
	return fflush(stdout) == 0 ? 0 : 1;
}
