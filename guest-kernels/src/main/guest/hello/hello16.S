/*
 * hello16: a boot sector for real mode. The BIOS (or a loader) puts it at 0000:7C00; it needs no BIOS service.
 *
 * It prints over COM1 by polling, checks a divide error and a software interrupt through the interrupt vector table,
 * sums the numbers 1..1000 and leaves with status 0 (1 where a check fails).
 */
    .code16
    .globl _start

#define COM1 0x3f8
#define EXIT_PORT 0xf4

_start:
    cli
    cld
    ljmp $0, $1f                        /* some loaders come as 07C0:0000 */
1:  xor %eax, %eax
    mov %ax, %ds
    mov %ax, %es
    mov %ax, %ss
    mov $0x7c00, %sp
    mov %eax, %cr3                      /* state a BIOS may have left behind, so that every machine prints the same */
    mov %eax, %cr4
    mov $0x10, %al                      /* only ET: CD, NW, TS and the rest off */
    mov %eax, %cr0

    mov $serial_settings, %si           /* 115200 baud, 8N1, FIFO on, no interrupts */
    mov $7, %cx
2:  lodsw                               /* AL = register, AH = value */
    movzbw %al, %dx
    add $COM1, %dx
    mov %ah, %al
    out %al, %dx
    loop 2b

    movw $divide_error, 0 * 4           /* vector 0 */
    movw $0, 0 * 4 + 2
    movw $interrupt, 0x60 * 4
    movw $0, 0x60 * 4 + 2

    mov $greeting, %si
    call print
    mov %cr0, %eax
    call print_hex
    mov $text_cr3, %si
    call print
    mov %cr3, %eax
    call print_hex
    mov $text_cr4, %si
    call print
    mov %cr4, %eax
    call print_hex
    mov $text_efer, %si
    call print
    mov $0xc0000080, %ecx
    rdmsr
    push %eax
    mov %edx, %eax
    call print_hex
    pop %eax
    call print_hex

    mov $text_sum, %si                  /* 1 + 2 + ... + 1000 = 500500 = 0007a314h */
    call print
    xor %eax, %eax
    mov $1000, %ecx
3:  add %ecx, %eax
    loop 3b
    push %eax
    call print_hex
    pop %eax
    cmp $500500, %eax
    call verdict

    mov $text_divide, %si
    call print
    xor %bx, %bx
    xor %dx, %dx
    div %bx                             /* the handler steps over these two bytes and leaves BP = 0DE0h */
    cmp $0x0de0, %bp
    call verdict

    mov $text_interrupt, %si
    call print
    int $0x60                           /* the handler leaves BP = 0060h */
    cmp $0x60, %bp
    call verdict

    mov $text_goodbye, %si
    call print
    mov failures, %al
    out %al, $EXIT_PORT
4:  cli
    hlt
    jmp 4b

divide_error:                           /* 80286 and later save the address of the DIV itself */
    mov %sp, %bp
    addw $2, (%bp)
    mov $0x0de0, %bp
    iret

interrupt:
    mov $0x60, %bp
    iret

/* "ok" where ZF = 1, otherwise "WRONG" and exit status 1. */
verdict:
    mov $text_ok, %si
    je print
    movb $1, failures
    mov $text_wrong, %si

/* Prints the zero-ended text at SI. */
print:
    lodsb
    test %al, %al
    jz 2f
    call print_character
    jmp print
2:  ret

/* Prints EAX as eight hexadecimal digits. */
print_hex:
    mov $8, %cx
1:  rol $4, %eax
    push %ax
    and $0x0f, %al
    cmp $10, %al                        /* CF = 1 for 0..9 */
    sbb $0x69, %al                      /* the classic of the BCD instructions: 0..15 -> '0'..'F' */
    das
    call print_character
    pop %ax
    loop 1b
    ret

print_character:
    push %ax
    mov $COM1 + 5, %dx
1:  in %dx, %al
    test $0x20, %al
    jz 1b
    mov $COM1, %dx
    pop %ax
    out %al, %dx
    ret

failures:
    .byte 0
serial_settings:
    .byte 1, 0x00, 3, 0x80, 0, 0x01, 1, 0x00, 3, 0x03, 2, 0x07, 4, 0x03
greeting:
    .asciz "Hello from 16-bit real mode: no paging.\nCR0="
text_cr3:
    .asciz " CR3="
text_cr4:
    .asciz " CR4="
text_efer:
    .asciz " EFER="
text_sum:
    .asciz "\n1+...+1000="
text_divide:
    .asciz "#DE"
text_interrupt:
    .asciz "INT 60h"
text_ok:
    .asciz ": ok\n"
text_wrong:
    .asciz ": WRONG\n"
text_goodbye:
    .asciz "Goodbye.\n"

    .org 510
    .word 0xaa55
