#include "memory.h"

#include <elf.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#define PAGE ((uintptr_t)4096) /* a smaller one than the kernel's makes madvise(2) fail, which costs memory only */

/* How far below the stack's end something may be in use: its size, as limited in practice by what lies on it (struct err).  The
 * kernel keeps 1 MiB below a stack free of other mappings (stack_guard_gap). */
#define STACK_DEPTH ((uintptr_t)256 * 1024)

#if __SIZEOF_POINTER__ == 8
typedef Elf64_Ehdr elf_header;
typedef Elf64_Phdr program_header;
#else
typedef Elf32_Ehdr elf_header;
typedef Elf32_Phdr program_header;
#endif

void memory_prepare(void)
{
	(void)mallopt(M_ARENA_MAX, 1);
	(void)mallopt(M_TOP_PAD, 0);
	(void)mallopt(M_TRIM_THRESHOLD, 16 * 1024);
}

/* The beginning of the program, by the linker. */
extern const elf_header __ehdr_start __attribute__((visibility("hidden")));

/* Those parts of the program that it cannot change: they are read again from its file when they are needed. */
static void drop_text(void)
{
	const uintptr_t base = (uintptr_t)&__ehdr_start;
	const program_header *parts = (const program_header *)(base + __ehdr_start.e_phoff);

	for (int i = 0; i < __ehdr_start.e_phnum; i++) {
		uintptr_t begin = base + parts[i].p_vaddr;

		if (parts[i].p_type == PT_LOAD && !(parts[i].p_flags & PF_W))
			(void)madvise((void *)(begin & ~(PAGE - 1)), parts[i].p_memsz + (begin & (PAGE - 1)),
				      MADV_DONTNEED);
	}
}

/* A function of its own, whose frame is the last that is needed. */
__attribute__((noinline)) static void drop_stack(void)
{
	/* a page more than the frame: the calls that follow use some of it already */
	uintptr_t end = ((uintptr_t)__builtin_frame_address(0) & ~(PAGE - 1)) - PAGE;

	(void)madvise((void *)(end - STACK_DEPTH), STACK_DEPTH, MADV_DONTNEED);
}

void memory_trim(void)
{
	static bool is_trimmed;

	(void)malloc_trim(0);
	drop_stack();
	if (is_trimmed)
		return;
	is_trimmed = true;
	drop_text();
}
