/*
 * Every way into the kernel and out of it.
 *
 *   exceptions, interrupts, INT 80H     trap_common -> trap()          ... trap_return: IRET
 *   SYSENTER (32-bit), SYSCALL (64-bit) entry_fast  -> system_call()   ... SYSEXIT, SYSRET
 *
 * Both build the same frame at the top of the process's kernel stack, struct user_frame of traps.h, so that a process
 * that came in one way may leave by the other, as the child of a fork does.
 *
 * This code, the tables that the processor reads at an entry (GDT, IDT, TSS) and the kernel stack are all of the kernel
 * that the tables of an isolated process map (kernel page-table isolation). CR3 therefore changes here: to the full
 * tables once the registers are saved, back to the narrow ones before they are restored. Without isolation
 * trampoline_kernel_root is 0, and CR3 stays.
 */
#include "selectors.h"

#ifdef __x86_64__
#define R(name) %r##name
#define W 8
#define ADDRESS .quad
#define INTERRUPT_RETURN iretq
#define FRAME_CS 18*W
#define FIRST_ARGUMENT(value) mov value, %rdi
#define DROP_ARGUMENT
#else
#define R(name) %e##name
#define W 4
#define ADDRESS .long
#define INTERRUPT_RETURN iret
#define FRAME_CS 11*W
#define FIRST_ARGUMENT(value) push value
#define DROP_ARGUMENT add $W, %esp
#endif

    .section .trampoline, "awx"

/* The order of struct trap_frame in guest.h. */
    .macro save_registers
#ifdef __x86_64__
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
#else
    pusha
#endif
    .endm

    .macro restore_registers
#ifdef __x86_64__
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
#else
    popa
#endif
    add $2*W, R(sp)                     /* the vector and the error code */
    .endm

/* Only where the registers are saved: it needs one. */
    .macro change_root variable
    mov \variable, R(ax)
    test R(ax), R(ax)
    jz .Lsame_root_\@
    mov R(ax), %cr3
.Lsame_root_\@:
    .endm

/* One stub a vector makes the frames uniform. Those with an error code: SDM 3A "Error Code". */
    .macro stub vector
trap_\vector:
    .if !((\vector == 8) || ((\vector >= 10) && (\vector <= 14)) || (\vector == 17) || (\vector == 21) || \
          (\vector == 29) || (\vector == 30))
    push $0
    .endif
    push $\vector
    jmp trap_common
    .endm

    .altmacro
    .set vector, 0
    .rept 48
    stub %vector
    .set vector, vector + 1
    .endr
    .noaltmacro
trap_system_call:
    push $0
    push $VECTOR_SYSTEM_CALL

trap_common:
    save_registers
    testb $3, FRAME_CS(R(sp))
    jz 1f
    change_root trampoline_kernel_root
1:  cld
    FIRST_ARGUMENT(R(sp))
    call trap
    DROP_ARGUMENT

    .globl trap_return
trap_return:
    testb $3, FRAME_CS(R(sp))
    jz 2f
    change_root trampoline_user_root
2:  restore_registers
    INTERRUPT_RETURN

    .globl entry_fast
entry_fast:
#ifdef __x86_64__
    /* SDM 2 "SYSCALL": RIP is in RCX, RFLAGS in R11, and RSP is still the user's. */
    mov %rsp, trampoline_user_stack
    mov task_state + 4, %rsp
    push $USER_DATA
    push trampoline_user_stack
    push %r11
    push $USER_CODE
    push %rcx
#else
    /* SDM 2 "SYSENTER": nothing is saved. By our convention the user has put ESP in ECX and the return in EDX. */
    mov task_state + 4, %esp
    push $USER_DATA
    push %ecx
    push $0x202
    push $USER_CODE
    push %edx
#endif
    push $0
    push $VECTOR_SYSTEM_CALL
    save_registers
    change_root trampoline_kernel_root
    cld
    FIRST_ARGUMENT(R(sp))
    call system_call
    DROP_ARGUMENT
    change_root trampoline_user_root
    restore_registers
#ifdef __x86_64__
    pop %rcx                            /* RIP */
    add $8, %rsp
    pop %r11                            /* RFLAGS */
    pop %rsp
    sysretq
#else
    mov (%esp), %edx                    /* EIP */
    mov 12(%esp), %ecx                  /* ESP */
    sti                                 /* takes effect behind the next instruction */
    sysexit
#endif

/* The stubs by vector, and INT 80H last. */
    .section .rodata
    .macro stub_address vector
    ADDRESS trap_\vector
    .endm
    .balign 8
    .globl trap_stubs
trap_stubs:
    .altmacro
    .set vector, 0
    .rept 48
    stub_address %vector
    .set vector, vector + 1
    .endr
    .noaltmacro
    ADDRESS trap_system_call

    .text
/*
 * void switch_stacks(word *save, word load): leaves the running process inside this call, with its stack pointer in
 * *save, and goes on in the one that `load` was saved from. What a C function may not lose lies on the stack.
 */
    .globl switch_stacks
switch_stacks:
#ifdef __x86_64__
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
#else
    mov 4(%esp), %eax
    mov 8(%esp), %edx
    push %ebx
    push %ebp
    push %esi
    push %edi
    mov %esp, (%eax)
    mov %edx, %esp
    pop %edi
    pop %esi
    pop %ebp
    pop %ebx
#endif
    ret

/* void load_segments(void): CS, SS, DS and ES from the new GDT. */
    .globl load_segments
load_segments:
    mov $KERNEL_DATA, %eax
    mov %eax, %ss
    mov $USER_DATA, %eax                /* flat, and good at every privilege level: it stays */
    mov %eax, %ds
    mov %eax, %es
    pop R(ax)
    push $KERNEL_CODE
    push R(ax)
#ifdef __x86_64__
    lretq
#else
    lret
#endif
