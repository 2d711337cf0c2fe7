/*
 * bench-alu: addition, logic, rotates and shifts, carries, a branch that depends on the data, a call. No data accesses
 * but the call's. Both ways through the branch are two instructions long, so every iteration is 22.
 */
#include "kernel.h"

KERNEL("bench-alu", 1000000, 22)
    ENTER
    mov $0x12345678, R(ax)
    mov $0x1abcdef1, R(bx)
    xor R(dx), R(dx)
1:  add R(bx), R(ax)                    /* 1 */
    rol $5, R(ax)                       /* 2 */
    xor R(ax), R(bx)                    /* 3 */
    lea 7(R(bx),R(dx),4), R(dx)         /* 4 */
    sub R(dx), R(bx)                    /* 5 */
    adc $3, R(ax)                       /* 6 */
    mov R(dx), R(si)                    /* 7 */
    shl $2, R(si)                       /* 8 */
    ror %cl, R(dx)                      /* 9 */
    xor R(si), R(ax)                    /* 10 */
    test $4, R(ax)                      /* 11 */
    jz 2f                               /* 12 */
    add $0x11, R(bx)                    /* 13 */
    jmp 3f                              /* 14 */
2:  sub $0x23, R(bx)                    /* 13 */
    inc R(dx)                           /* 14 */
3:  cmp R(ax), R(bx)                    /* 15 */
    cmovb R(ax), R(dx)                  /* 16 */
    call 4f                             /* 17 */
    dec R(cx)                           /* 21 */
    jnz 1b                              /* 22 */
    xor R(bx), R(ax)
    xor R(dx), R(ax)
    LEAVE
4:  imul $0x01000193, R(bx), R(bx)      /* 18 */
    neg R(dx)                           /* 19 */
    ret                                 /* 20 */
