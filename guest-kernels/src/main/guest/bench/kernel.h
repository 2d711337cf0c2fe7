/*
 * How a benchmark's inner loop is written once for both widths.
 *
 * R(ax) is %eax or %rax, W the bytes of such a register and of a page-table entry. A file defines with KERNEL its name,
 * the iterations it does when the command line has no n=, the exact number of instructions of one iteration (counted by
 * hand beside the loop; verify-counts.sh checks it under QEMU), and then the function
 *     word kernel(word n)                 n > 0
 * between ENTER (which leaves n in CX) and LEAVE (which returns AX).
 */
#ifndef THIRDMODE_KERNEL_H
#define THIRDMODE_KERNEL_H

#include "bench.h"

#ifdef __x86_64__
#define W 8
#define R(name) %r##name
#define ENTER push %rbx; push %rbp; mov %rdi, %rcx
#define LEAVE pop %rbp; pop %rbx; ret
#else
#define W 4
#define R(name) %e##name
#define ENTER push %ebx; push %ebp; push %esi; push %edi; mov 20(%esp), %ecx
#define LEAVE pop %edi; pop %esi; pop %ebp; pop %ebx; ret
#endif

#define KERNEL(name, iterations, instructions)          \
    .section .rodata;                                   \
    .globl kernel_name;                                 \
kernel_name:                                            \
    .asciz name;                                        \
    .balign 4;                                          \
    .globl kernel_default_n;                            \
kernel_default_n:                                       \
    .long iterations;                                   \
    .globl kernel_instructions;                         \
kernel_instructions:                                    \
    .long instructions;                                 \
    .text;                                              \
    .balign 64;                                         \
    .globl kernel;                                      \
kernel:

#endif
