/* bench-rmw: one read-modify-write of a word in each iteration, over 1 MiB from end to end and again. */
#include "kernel.h"

KERNEL("bench-rmw", 1000000, 6)
    ENTER
    mov $0x12345678, R(ax)
    xor R(si), R(si)
1:  add R(ax), RMW_BUFFER(R(si))        /* 1 */
    rol $1, R(ax)                       /* 2 */
    add $W, R(si)                       /* 3 */
    and $(RMW_BYTES - 1), R(si)         /* 4 */
    dec R(cx)                           /* 5 */
    jnz 1b                              /* 6 */
    LEAVE
