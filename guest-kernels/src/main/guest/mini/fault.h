/* The page-fault handler: demand paging and copy-on-write. */
#ifndef MINI_FAULT_H
#define MINI_FAULT_H

#include "space.h"

/* SDM 3A "Page-Fault Exceptions": the error code. */
#define FAULT_PRESENT 0x01     /* 0: no translation; 1: the access is not allowed */
#define FAULT_WRITE 0x02
#define FAULT_USER 0x04
#define FAULT_RESERVED 0x08    /* a reserved bit is set in an entry */
#define FAULT_INSTRUCTION 0x10

/* Makes the access possible, so that it can be repeated; returns 0 where it was wrong to try. */
int fault_repair(struct space *space, word address, word error);

#endif
