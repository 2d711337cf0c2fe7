/*
 * The switch between host and guest: VMRUN and #VMEXIT load and save no general register but RAX and RSP, so that is done
 * here. And the guest itself.
 */
    .text
    .globl svm_run, svm_guest_start
svm_run:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rdi, %rax
    mov svm_registers + 0x00, %rcx
    mov svm_registers + 0x08, %rdx
    mov svm_registers + 0x10, %rbx
    mov svm_registers + 0x18, %rbp
    mov svm_registers + 0x20, %rsi
    mov svm_registers + 0x28, %rdi
    mov svm_registers + 0x30, %r8
    mov svm_registers + 0x38, %r9
    mov svm_registers + 0x40, %r10
    mov svm_registers + 0x48, %r11
    mov svm_registers + 0x50, %r12
    mov svm_registers + 0x58, %r13
    mov svm_registers + 0x60, %r14
    mov svm_registers + 0x68, %r15
    vmrun %rax
    mov %rcx, svm_registers + 0x00
    mov %rdx, svm_registers + 0x08
    mov %rbx, svm_registers + 0x10
    mov %rbp, svm_registers + 0x18
    mov %rsi, svm_registers + 0x20
    mov %rdi, svm_registers + 0x28
    mov %r8, svm_registers + 0x30
    mov %r9, svm_registers + 0x38
    mov %r10, svm_registers + 0x40
    mov %r11, svm_registers + 0x48
    mov %r12, svm_registers + 0x50
    mov %r13, svm_registers + 0x58
    mov %r14, svm_registers + 0x60
    mov %r15, svm_registers + 0x68
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

/* The guest: a line by OUT, a line by VMMCALL, the vendor that CPUID shows, then HLT. */
svm_guest_start:
    lea by_out(%rip), %rsi
1:  lodsb
    test %al, %al
    jz 2f
    out %al, $0xe9
    jmp 1b
2:  lea by_vmmcall(%rip), %rdi
    vmmcall
    cmp $1, %eax                        /* what the hypervisor answers */
    jne 3f
    xor %eax, %eax
    cpuid
    mov %ebx, vendor
    mov %edx, vendor + 4
    mov %ecx, vendor + 8
    lea by_cpuid(%rip), %rdi
    vmmcall
    lea vendor(%rip), %rdi
    vmmcall
    lea end_of_line(%rip), %rdi
    vmmcall
3:  hlt
    ud2

    .section .rodata
by_out:
    .asciz "Hello from a guest of SVM, by OUT.\n"
by_vmmcall:
    .asciz "Hello from a guest of SVM, by VMMCALL.\n"
by_cpuid:
    .asciz "CPUID says: "
end_of_line:
    .asciz ".\n"

    .data
    .balign 8
vendor:
    .skip 16

    .bss
    .balign 8
    .globl svm_registers
svm_registers:
    .skip 14 * 8
