/* GDT, IDT, TSS and the MSRs of the fast system calls: where the processor goes at an entry. */
#ifndef MINI_DESCRIPTORS_H
#define MINI_DESCRIPTORS_H

#include "guest.h"

void descriptors_initialize(void);

/* The kernel stack that the next entry from user mode begins on. */
void descriptors_set_kernel_stack(word top);

/* For entry.S: what CR3 becomes on the way in and on the way out, both 0 without isolation. */
extern word trampoline_kernel_root, trampoline_user_root;

/* The pages that an isolated process maps of the kernel. */
extern u8 trampoline_start[], trampoline_end[];

#endif
