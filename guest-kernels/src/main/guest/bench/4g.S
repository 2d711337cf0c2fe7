/*
 * bench-4g: mixed work, 50 instructions an iteration and 80,000,000 iterations: 4.0 thousand million instructions. All
 * of the other benchmarks in one loop, with a division, a stack, byte and 16-bit registers and, every 4,096 iterations,
 * a flush by CR3. Both ways through each branch are equally long. Only defined flags are used.
 */
#include "kernel.h"

KERNEL("bench-4g", 80000000, 50)
    ENTER
    mov $0x12345678, R(ax)
    mov $0x1abcdef1, R(bx)
    xor R(dx), R(dx)
    xor R(si), R(si)
    xor R(di), R(di)
1:  add R(bx), R(ax)                    /* 1 */
    rol $5, R(ax)                       /* 2 */
    xor R(ax), R(bx)                    /* 3 */
    lea 7(R(bx),R(dx),4), R(dx)         /* 4 */
    sub R(dx), R(bx)                    /* 5 */
    adc $3, R(ax)                       /* 6 */
    add R(ax), RMW_BUFFER(R(si))        /* 7 */
    add $W, R(si)                       /* 8 */
    and $(RMW_BYTES - 1), R(si)         /* 9 */
    mov RMW_BUFFER(R(si)), R(bp)        /* 10 */
    xor R(bp), R(dx)                    /* 11 */
    add R(dx), STRIDE_WINDOW(R(di))     /* 12 */
    add $4096, R(di)                    /* 13 */
    and $(STRIDE_BYTES - 1), R(di)      /* 14 */
    push R(ax)                          /* 15 */
    push R(bx)                          /* 16 */
    call 6f                             /* 17 */
    pop R(bp)                           /* 22 */
    pop R(ax)                           /* 23 */
    xor R(bp), R(dx)                    /* 24 */
    add %bl, %ah                        /* 25 */
    xor %dx, %ax                        /* 26 */
    bswap R(bx)                         /* 27 */
    test $4, R(ax)                      /* 28 */
    jz 2f                               /* 29 */
    add $0x11, R(bx)                    /* 30 */
    jmp 3f                              /* 31 */
2:  sub $0x23, R(bx)                    /* 30 */
    inc R(dx)                           /* 31 */
3:  cmp R(ax), R(bx)                    /* 32 */
    cmovb R(ax), R(dx)                  /* 33 */
    sbb R(bp), R(bp)                    /* 34 */
    add R(bp), R(ax)                    /* 35 */
    mov R(dx), R(bp)                    /* 36 */
    xor R(dx), R(dx)                    /* 37 */
    or $1, R(bx)                        /* 38 */
    div R(bx)                           /* 39 */
    add R(bp), R(dx)                    /* 40 */
    xor R(bp), R(ax)                    /* 41 */
    bt $9, R(ax)                        /* 42 */
    adc $0, R(bx)                       /* 43 */
    test $0xfff, R(cx)                  /* 44 */
    jnz 4f                              /* 45 */
    mov %cr3, R(bp)                     /* 46 */
    mov R(bp), %cr3                     /* 47 */
    jmp 5f                              /* 48 */
4:  nop                                 /* 46 */
    nop                                 /* 47 */
    nop                                 /* 48 */
5:  dec R(cx)                           /* 49 */
    jnz 1b                              /* 50 */
    xor R(bx), R(ax)
    xor R(dx), R(ax)
    LEAVE
6:  imul $0x01000193, R(bx), R(bx)      /* 18 */
    ror %cl, R(dx)                      /* 19 */
    neg R(dx)                           /* 20 */
    ret                                 /* 21 */
