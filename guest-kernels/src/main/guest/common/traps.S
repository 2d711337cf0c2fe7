/*
 * One entry stub for each of the 32 exception vectors. A stub makes the frames uniform (an error code of 0 where the
 * processor pushes none), saves the general registers as struct trap_frame in guest.h lists them and calls trap().
 * Vectors with an error code: SDM 3A "Error Code", table "Protected-Mode Exceptions and Interrupts".
 */
    .text

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
    .rept 32
    stub %vector
    .set vector, vector + 1
    .endr

trap_common:
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
    mov %rsp, %rdi
    cld
    call trap
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
    add $16, %rsp                       /* the vector and the error code */
    iretq
#else
    pusha
    push %esp
    cld
    call trap
    add $4, %esp
    popa
    add $8, %esp                        /* the vector and the error code */
    iret
#endif

    .section .rodata
    .globl trap_stubs
    .macro stub_address vector
#ifdef __x86_64__
    .quad trap_\vector
#else
    .long trap_\vector
#endif
    .endm
    .balign 8
trap_stubs:
    .set vector, 0
    .rept 32
    stub_address %vector
    .set vector, vector + 1
    .endr
