/*
 * Entry of every multiboot image, for 32-bit and (with __x86_64__) 64-bit guests.
 *
 * Multiboot Specification 0.6.96, "Machine state": EAX = 0x2BADB002, EBX = the information block, flat 32-bit
 * protected mode, paging off, interrupts off; the GDTR may be invalid, so the image loads a table of its own before
 * it touches a segment register.
 */
#include "start.h"

#define MULTIBOOT_MAGIC 0x1BADB002
#define MULTIBOOT_FLAGS 0x00000003      /* modules on page boundaries, memory information wanted */
#define EXIT_PORT 0xf4

    .section .multiboot, "a"
    .balign 4
    .long MULTIBOOT_MAGIC
    .long MULTIBOOT_FLAGS
    .long -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

    .text
    .code32
    .globl _start
_start:
    cli
    cld
    lgdt gdt_pointer
    ljmp $CODE32_SELECTOR, $1f
1:  mov $DATA_SELECTOR, %ecx
    mov %ecx, %ds
    mov %ecx, %es
    mov %ecx, %ss
    mov %ecx, %fs
    mov %ecx, %gs
    mov $stack_top, %esp

#ifndef __x86_64__
    push %ebx
    push %eax
    call guest_main
    movzbl %al, %eax
#else
    mov %eax, %edi
    mov %ebx, %esi

    /* SDM 3A "Initializing IA-32e Mode": identity tables of 2 MiB pages for the first GiB, then CR4.PAE, CR3,
       EFER.LME and CR0.PG in that order. */
    movl $(boot_pdpt + 3), boot_pml4
    movl $(boot_directory + 3), boot_pdpt
    mov $boot_directory, %edx
    mov $0x83, %eax                     /* present, writable, page size */
    mov $512, %ecx
2:  mov %eax, (%edx)
    add $0x200000, %eax
    add $8, %edx
    loop 2b

    mov $0x20, %eax                     /* CR4.PAE */
    mov %eax, %cr4
    mov $boot_pml4, %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx               /* EFER: LME and NXE */
    mov $0x900, %eax
    xor %edx, %edx
    wrmsr
    mov $0x80010033, %eax               /* PG, WP, NE, ET, MP, PE */
    mov %eax, %cr0
    ljmp $CODE64_SELECTOR, $3f

    .code64
3:  mov $stack_top, %rsp
    mov %edi, %edi
    mov %esi, %esi
    call guest_main
    movzbl %al, %eax
#endif

    out %al, $EXIT_PORT
4:  cli
    hlt
    jmp 4b

    .section .rodata
    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff            /* 0x08: code, 32-bit, flat */
    .quad 0x00cf93000000ffff            /* 0x10: data, flat */
    .quad 0x00af9b000000ffff            /* 0x18: code, 64-bit */
gdt_end:
gdt_pointer:
    .word gdt_end - gdt - 1
    .long gdt

    .bss
    .balign 4096
#ifdef __x86_64__
boot_pml4:      .skip 4096
boot_pdpt:      .skip 4096
boot_directory: .skip 4096
#endif
    .skip 16384
stack_top:
