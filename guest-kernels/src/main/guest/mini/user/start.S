/* Where a program begins: the address of its argument is in AX. What main returns is the status. */
    .text
    .globl _start
_start:
#ifdef __x86_64__
    mov %rax, %rdi
    call main
    mov %rax, %rdi
    call leave
#else
    push %eax
    call main
    push %eax
    call leave
#endif
