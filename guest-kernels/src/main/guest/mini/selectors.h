/*
 * Selectors, for the assembler and the C sources. SYSEXIT and SYSRET compute theirs, so the order is not free:
 *   SYSENTER  CS = IA32_SYSENTER_CS, SS = + 8;    SYSEXIT   CS = + 16, SS = + 24     (used in 32-bit mode)
 *   SYSCALL   CS = STAR[47:32],      SS = + 8;    SYSRET    CS = STAR[63:48] + 16, SS = + 8
 */
#ifndef MINI_SELECTORS_H
#define MINI_SELECTORS_H

#define KERNEL_CODE 0x08
#define KERNEL_DATA 0x10
#define USER_CODE32 (0x18 | 3)
#define USER_DATA (0x20 | 3)
#define USER_CODE64 (0x28 | 3)
#define TASK_STATE 0x30

#define SYSENTER_BASE KERNEL_CODE
#define SYSRET_BASE USER_CODE32

#ifdef __x86_64__
#define USER_CODE USER_CODE64
#else
#define USER_CODE USER_CODE32
#endif

#define VECTOR_IRQ 0x20         /* IRQ 0; the others follow */
#define VECTOR_SYSTEM_CALL 0x80

#endif
