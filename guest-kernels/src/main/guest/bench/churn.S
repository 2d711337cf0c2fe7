/*
 * bench-churn: each iteration maps a frame at the next of 512 pages, adds to its first word, unmaps it and invalidates
 * the page: the life of a page-table entry without the exceptions around it. 64 frames take turns.
 */
#include "kernel.h"

KERNEL("bench-churn", 1000000, 12)
    ENTER
    mov $(CHURN_FRAMES + 3), R(dx)      /* present, writable */
    mov $CHURN_WINDOW, R(di)
    mov $CHURN_WINDOW, R(bx)
    xor R(si), R(si)
    xor R(ax), R(ax)
1:  mov R(dx), churn_table(,R(si),W)    /* 1 */
    add R(cx), (R(di))                  /* 2 */
    mov R(ax), churn_table(,R(si),W)    /* 3 */
    invlpg (R(di))                      /* 4 */
    add $4096, R(di)                    /* 5 */
    add $4096, R(dx)                    /* 6 */
    and $(CHURN_FRAMES + CHURN_FRAME_BYTES - 1), R(dx) /* 7: the bit above the last frame goes: back to the first */
    inc R(si)                           /* 8 */
    and $(CHURN_PAGES - 1), R(si)       /* 9 */
    cmovz R(bx), R(di)                  /* 10 */
    dec R(cx)                           /* 11 */
    jnz 1b                              /* 12 */
    LEAVE
