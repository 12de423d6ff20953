/* The smallest guest: one system call.  With an argument it waits to be killed instead of ending. */
#include <asm/unistd.h>

static long call(long number, long argument)
{
	long result;

#if defined(__x86_64__)
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(argument), "S"(0), "d"(0), "r"(0)
			 : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = argument;
	register long x1 __asm__("x1") = 0;
	register long x2 __asm__("x2") = 0;
	register long x3 __asm__("x3") = 0;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
	result = x0;
#else
#error "unknown architecture"
#endif
	return result;
}

__attribute__((used)) void tiny(const long *stack)
{
	long mask[1] = { 0 };

	if (*stack > 1)
		for (;;)
#if defined(__x86_64__)
			call(__NR_pause, (long)mask);
#else
			call(__NR_ppoll, 0);
#endif
	call(__NR_exit_group, 0);
	__builtin_unreachable();
}

#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall tiny\n");
#else
__asm__(".globl _start\n_start:\n\tmov x0, sp\n\tb tiny\n");
#endif
