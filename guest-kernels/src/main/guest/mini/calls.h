/*
 * The system calls, for the kernel and the programs: number in AX, arguments in BX, SI, DI (32-bit) or DI, SI, DX
 * (64-bit), result in AX; by INT 80H, or by SYSENTER (32-bit) or SYSCALL (64-bit).
 */
#ifndef MINI_CALLS_H
#define MINI_CALLS_H

/*    name                  what it does, its arguments */
#define SYSTEM_CALLS(_)                                                                                         \
    _(exit)              /* ends the process: status */                                                         \
    _(fork)              /* the id of the child, 0 in the child, -1 where there are too many */                 \
    _(exec)              /* another program: name, argument; comes back only where there is none: -1 */         \
    _(wait)              /* for a child: id, where its status goes; 0 exited, 1 killed, -1 no such child */     \
    _(yield)             /* gives the processor to the next process */                                          \
    _(id)                /* the id of the process */                                                            \
    _(sleep)             /* for so many ticks of the timer */                                                   \
    _(print)             /* over the serial port: text, zero-terminated */                                      \
    _(map)               /* memory: bytes, flags; its address, or 0 */                                          \
    _(unmap)             /* address, bytes */                                                                   \
    _(protect)           /* address, bytes, whether writing is allowed */                                       \
    _(region_begin)      /* a region of interest begins: number */                                              \
    _(region_end)        /* and ends */                                                                         \
    _(poke)              /* the kernel writes a word: address, value, whether with CR0.WP clear */              \
    _(touch_free_memory) /* frames, bytes from one to the next: writes and reads; the sum, or -1: no such RAM */\
    _(port_io)           /* rounds; the sum of what came back */                                                \
    _(mmio)              /* rounds; the sum of what came back */                                                \
    _(disk_sectors)      /* how many sectors the disk has; 0: no disk */                                        \
    _(disk_read)         /* sector, address of 512 bytes; 0, or -1 */                                           \
    _(disk_write)        /* sector, address of 512 bytes; 0, or -1 */

#define SYSTEM_CALL_NUMBER(name) CALL_##name,
enum system_call_number { SYSTEM_CALLS(SYSTEM_CALL_NUMBER) SYSTEM_CALL_COUNT };

#define MAP_PRIVATE 0
#define MAP_SHARED 1 /* a fork shares it; all pages are made at once */
#define MAP_LARGE 2  /* large pages, made at once; not for who forks */

#define SECTOR_BYTES 512

#endif
