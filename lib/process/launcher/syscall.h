/* System calls without libc, and the entry point.  A port is one section here.  sys6: the last two of its arguments are an
 * array. */
#pragma once

#include <asm/unistd.h>

#if defined(__x86_64__)

__asm__(".section .text.start,\"ax\",@progbits\n"
	".globl _start\n"
	"_start:\n"
	"	xorl %ebp, %ebp\n"
	"	movq %rsp, %rdi\n"
	"	andq $-16, %rsp\n"
	"	call launcher\n"
	".text\n");

static inline long sys6(long nr, long a, long b, long c, long d, const long rest[2])
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = rest[0];
	register long r9 __asm__("r9") = rest[1];
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#elif defined(__aarch64__)

__asm__(".section .text.start,\"ax\",@progbits\n"
	".globl _start\n"
	"_start:\n"
	"	mov x29, xzr\n"
	"	mov x30, xzr\n"
	"	mov x0, sp\n"
	"	bl launcher\n"
	".text\n");

static inline long sys6(long nr, long a, long b, long c, long d, const long rest[2])
{
	register long x8 __asm__("x8") = nr;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = rest[0];
	register long x5 __asm__("x5") = rest[1];

	__asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}

#elif defined(__riscv) && __riscv_xlen == 64

__asm__(".section .text.start,\"ax\",@progbits\n"
	".globl _start\n"
	"_start:\n"
	"	mv fp, zero\n"
	"	mv ra, zero\n"
	"	mv a0, sp\n"
	"	andi sp, sp, -16\n"
	"	call launcher\n"
	".text\n");

static inline long sys6(long nr, long a, long b, long c, long d, const long rest[2])
{
	register long a7 __asm__("a7") = nr;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = rest[0];
	register long a5 __asm__("a5") = rest[1];

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
	return a0;
}

#else
#error "the launcher has no port to this architecture yet: add its entry point and system call here"
#endif

#define SYS_accept4    __NR_accept4
#define SYS_capget     __NR_capget
#define SYS_capset     __NR_capset
#define SYS_clone3     __NR_clone3
#define SYS_close      __NR_close
#define SYS_close_range __NR_close_range
#define SYS_execve     __NR_execve
#define SYS_exit_group __NR_exit_group
#define SYS_fcntl      __NR_fcntl
#define SYS_geteuid    __NR_geteuid
#define SYS_getsockopt __NR_getsockopt
#define SYS_ioctl      __NR_ioctl
#define SYS_kill       __NR_kill
#define SYS_openat     __NR_openat
#define SYS_prctl      __NR_prctl
#define SYS_read       __NR_read
#define SYS_readv      __NR_readv
#define SYS_rt_sigaction __NR_rt_sigaction
#define SYS_rt_sigprocmask __NR_rt_sigprocmask
#define SYS_seccomp    __NR_seccomp
#define SYS_sendmmsg   __NR_sendmmsg
#define SYS_sendto     __NR_sendto
#define SYS_setsid     __NR_setsid
#define SYS_write      __NR_write

#define sys5(nr, a, b, c, d, e) sys6((nr), (a), (b), (c), (d), (const long[2]){ (e), 0 })
#define sys1(nr, a)	     sys5((nr), (a), 0, 0, 0, 0)
#define sys2(nr, a, b)	     sys5((nr), (a), (b), 0, 0, 0)
#define sys3(nr, a, b, c)    sys5((nr), (a), (b), (c), 0, 0)
#define sys4(nr, a, b, c, d) sys5((nr), (a), (b), (c), (d), 0)

/* The end of this process; if a filter is in the way, by a signal that cannot be ignored. */
static inline _Noreturn void sys_exit(int status)
{
	(void)sys1(SYS_exit_group, status);
	__builtin_trap();
}
