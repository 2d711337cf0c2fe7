/*
 * The switch between host and guest: VM entry and VM exit load and save no general register but RSP, so that is done
 * here. And the guest itself.
 */
#define HOST_RSP 0x6c14

    .text
    .globl vmx_enter, vmx_exit, vmx_guest_start
vmx_enter:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov $HOST_RSP, %eax
    vmwrite %rsp, %rax
    test %edi, %edi
    mov vmx_registers + 0x08, %rcx
    mov vmx_registers + 0x10, %rdx
    mov vmx_registers + 0x18, %rbx
    mov vmx_registers + 0x20, %rbp
    mov vmx_registers + 0x28, %rsi
    mov vmx_registers + 0x30, %rdi
    mov vmx_registers + 0x38, %r8
    mov vmx_registers + 0x40, %r9
    mov vmx_registers + 0x48, %r10
    mov vmx_registers + 0x50, %r11
    mov vmx_registers + 0x58, %r12
    mov vmx_registers + 0x60, %r13
    mov vmx_registers + 0x68, %r14
    mov vmx_registers + 0x70, %r15
    mov vmx_registers + 0x00, %rax
    jnz 1f
    vmlaunch
    jmp 2f
1:  vmresume
2:  pushfq                              /* still here: the entry failed */
    pop %rax
    jmp 3f

vmx_exit:
    mov %rax, vmx_registers + 0x00
    mov %rcx, vmx_registers + 0x08
    mov %rdx, vmx_registers + 0x10
    mov %rbx, vmx_registers + 0x18
    mov %rbp, vmx_registers + 0x20
    mov %rsi, vmx_registers + 0x28
    mov %rdi, vmx_registers + 0x30
    mov %r8, vmx_registers + 0x38
    mov %r9, vmx_registers + 0x40
    mov %r10, vmx_registers + 0x48
    mov %r11, vmx_registers + 0x50
    mov %r12, vmx_registers + 0x58
    mov %r13, vmx_registers + 0x60
    mov %r14, vmx_registers + 0x68
    mov %r15, vmx_registers + 0x70
    xor %eax, %eax
3:  pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

/* The guest: a line by OUT, a line by VMCALL, the vendor that CPUID shows, then HLT. */
vmx_guest_start:
    lea by_out(%rip), %rsi
1:  lodsb
    test %al, %al
    jz 2f
    out %al, $0xe9
    jmp 1b
2:  lea by_vmcall(%rip), %rdi
    vmcall
    cmp $1, %eax                        /* what the hypervisor answers */
    jne 3f
    xor %eax, %eax
    cpuid
    mov %ebx, vendor
    mov %edx, vendor + 4
    mov %ecx, vendor + 8
    lea by_cpuid(%rip), %rdi
    vmcall
    lea vendor(%rip), %rdi
    vmcall
    lea end_of_line(%rip), %rdi
    vmcall
3:  hlt
    ud2

    .section .rodata
by_out:
    .asciz "Hello from VMX non-root operation, by OUT.\n"
by_vmcall:
    .asciz "Hello from VMX non-root operation, by VMCALL.\n"
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
    .globl vmx_registers
vmx_registers:
    .skip 15 * 8
