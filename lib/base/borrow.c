#include "base/borrow.h"

#include <errno.h>
#include <sys/mman.h>

#define STACK_SIZE (256u << 10) /* what is not touched is not there */

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

/* The new process comes back from the call on an empty stack, and can do nothing but call. */
#if !defined(IS_SANITIZED) && defined(__x86_64__)
#define IS_POSSIBLE true
static long clone_and_call(const struct clone_args *args, void (*main)(void *data), void *data)
{
	register void (*r12)(void *) __asm__("r12") = main;
	register void *r13 __asm__("r13") = data;
	long result;

	__asm__ volatile("syscall\n"
			 "	testq %%rax, %%rax\n"
			 "	jnz 1f\n"
			 "	movq %%r13, %%rdi\n"
			 "	callq *%%r12\n"
			 "	ud2\n"
			 "1:\n"
			 : "=a"(result)
			 : "0"((long)SYS_clone3), "D"(args), "S"(sizeof(*args)), "r"(r12), "r"(r13)
			 : "rcx", "r11", "memory", "cc");
	return result;
}
#elif !defined(IS_SANITIZED) && defined(__aarch64__)
#define IS_POSSIBLE true
static long clone_and_call(const struct clone_args *args, void (*main)(void *data), void *data)
{
	register long x8 __asm__("x8") = SYS_clone3;
	register long x0 __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = sizeof(*args);
	register void (*x20)(void *) __asm__("x20") = main;
	register void *x21 __asm__("x21") = data;

	__asm__ volatile("svc #0\n"
			 "	cbnz x0, 1f\n"
			 "	mov x0, x21\n"
			 "	blr x20\n"
			 "	brk #1\n"
			 "1:\n"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x20), "r"(x21)
			 : "memory", "cc");
	return x0;
}
#else
#define IS_POSSIBLE false
static long clone_and_call(const struct clone_args *args, void (*main)(void *data), void *data)
{
	(void)args;
	(void)main;
	(void)data;
	return -ENOSYS;
}
#endif

bool borrow_is_possible(void)
{
	return IS_POSSIBLE;
}

pid_t borrow_clone(const struct clone_args *args, void (*main)(void *data), void *data)
{
	struct clone_args all = *args;
	void *stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	long pid;

	if (stack == MAP_FAILED)
		return -1;
	all.flags |= CLONE_VM | CLONE_VFORK;
	all.stack = (uint64_t)(uintptr_t)stack;
	all.stack_size = STACK_SIZE;
	pid = clone_and_call(&all, main, data);
	(void)munmap(stack, STACK_SIZE);
	if (pid < 0) {
		errno = (int)-pid;
		return -1;
	}
	return (pid_t)pid;
}
