/* The first disk of the first IDE channel, by programmed I/O. */
#ifndef MINI_DISK_H
#define MINI_DISK_H

#include "guest.h"

/* Looks for a disk, once. */
void disk_initialize(void);

/* Sectors of 512 bytes; 0 where there is no disk. */
u32 disk_sectors(void);

/* One sector; 0, or -1 where the disk has no such sector or says that it failed. */
int disk_read(u32 sector, void *to);
int disk_write(u32 sector, const void *from);

#endif
