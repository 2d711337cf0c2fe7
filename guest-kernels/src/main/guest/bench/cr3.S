/*
 * bench-cr3: each iteration switches to the next of four address spaces and adds to the first word of 64 pages there:
 * 8 instructions and 64 times 4.
 */
#include "kernel.h"

KERNEL("bench-cr3", 10000, 264)
    ENTER
    xor R(si), R(si)
1:  mov address_spaces(,R(si),W), R(ax) /* 1 */
    mov R(ax), %cr3                     /* 2 */
    inc R(si)                           /* 3 */
    and $(CR3_SPACES - 1), R(si)        /* 4 */
    mov $CR3_WINDOW, R(di)              /* 5 */
    mov $CR3_PAGES, R(dx)               /* 6 */
2:  add R(cx), (R(di))                  /* 1 of 4 */
    add $4096, R(di)                    /* 2 of 4 */
    dec R(dx)                           /* 3 of 4 */
    jnz 2b                              /* 4 of 4 */
    dec R(cx)                           /* 7 */
    jnz 1b                              /* 8 */
    LEAVE
