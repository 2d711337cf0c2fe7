/* What comes in through the IDT or by a fast system call. */
#ifndef MINI_TRAPS_H
#define MINI_TRAPS_H

#include "guest.h"

/* The frame at the top of a process's kernel stack: an entry from user mode also saves the stack pointer. */
struct user_frame {
    struct trap_frame trap;
    word sp, ss;
};

/* For entry.S, like trap() of guest.h. */
void system_call(struct trap_frame *frame);

/* The end of both ways: restores the frame that the stack pointer points to. In entry.S. */
void trap_return(void);

#endif
