/*
 * bench-stride: bench-rmw over 64 MiB with a step of 4 KiB: 16,384 pages in turn, more than the TLBs of any processor
 * hold, so every access walks the tables.
 */
#include "kernel.h"

KERNEL("bench-stride", 1000000, 6)
    ENTER
    mov $0x12345678, R(ax)
    xor R(si), R(si)
1:  add R(ax), STRIDE_WINDOW(R(si))     /* 1 */
    rol $1, R(ax)                       /* 2 */
    add $4096, R(si)                    /* 3 */
    and $(STRIDE_BYTES - 1), R(si)      /* 4 */
    dec R(cx)                           /* 5 */
    jnz 1b                              /* 6 */
    LEAVE
