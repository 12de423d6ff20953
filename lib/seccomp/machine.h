/* The machine that filters are made for: the one that this is compiled for.  The unit tests compile this folder for the others as
 * well, as a program can be compared with libseccomp's on any machine. */
#pragma once

#define SECCOMP_X86   1 /* x86-64, i386 and x32 */
#define SECCOMP_ARM   2 /* AArch64 and 32-bit ARM */
#define SECCOMP_RISCV 3 /* 64-bit RISC-V */

#ifndef SECCOMP_MACHINE
#if defined(__x86_64__)
#define SECCOMP_MACHINE SECCOMP_X86
#elif defined(__aarch64__)
#define SECCOMP_MACHINE SECCOMP_ARM
#elif defined(__riscv) && __riscv_xlen == 64
#define SECCOMP_MACHINE SECCOMP_RISCV
#else
#error "there are no numbers for this machine yet: it needs a name here, and rows in numbers.c, names.c and cmake/numbers.c"
#endif
#endif
