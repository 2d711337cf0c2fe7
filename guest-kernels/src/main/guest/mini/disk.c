#include "disk.h"

/* ATA/ATAPI-6 "I/O registers" of the first channel. */
#define DATA 0x1f0
#define SECTOR_COUNT 0x1f2
#define LBA_LOW 0x1f3
#define LBA_MIDDLE 0x1f4
#define LBA_HIGH 0x1f5
#define DEVICE 0x1f6
#define STATUS 0x1f7
#define COMMAND 0x1f7
#define DEVICE_CONTROL 0x3f6

#define DEVICE_0_LBA 0xe0
#define NO_INTERRUPT 0x02

#define BUSY 0x80
#define READY 0x40
#define FAULT 0x20
#define DATA_REQUEST 0x08
#define ERROR 0x01

#define READ_SECTORS 0x20
#define WRITE_SECTORS 0x30
#define FLUSH_CACHE 0xe7
#define IDENTIFY_DEVICE 0xec
#define SECTOR_WORDS 256

/* A disk that says nothing for so many looks will say nothing for ever. */
#define PATIENCE 10000000

static u32 sectors;

static int wait_until(u8 wanted)
{
    for (u32 look = 0; look < PATIENCE; look++) {
        u8 status = in8(STATUS);
        if (!(status & BUSY)) {
            if (status & (ERROR | FAULT)) {
                return -1;
            }
            if ((status & wanted) == wanted) {
                return 0;
            }
        }
    }
    return -1;
}

static void read_data(void *to)
{
    u32 count = SECTOR_WORDS;
    asm volatile("rep insw" : "+D"(to), "+c"(count) : "d"(DATA) : "memory");
}

static void write_data(const void *from)
{
    u32 count = SECTOR_WORDS;
    asm volatile("rep outsw" : "+S"(from), "+c"(count) : "d"(DATA) : "memory");
}

void disk_initialize(void)
{
    u16 identity[SECTOR_WORDS];
    out8(DEVICE, DEVICE_0_LBA);
    u8 status = in8(STATUS);
    if (status == 0xff || status == 0) {
        return; /* nobody drives the bus, or there is a channel and no device on it */
    }
    out8(DEVICE_CONTROL, NO_INTERRUPT);
    out8(COMMAND, IDENTIFY_DEVICE);
    if (in8(STATUS) == 0 || wait_until(DATA_REQUEST)) {
        return; /* no device, or a CD-ROM drive, which aborts this command */
    }
    read_data(identity);
    sectors = identity[60] | (u32)identity[61] << 16; /* "Total number of user addressable sectors" */
}

u32 disk_sectors(void)
{
    return sectors;
}

static int command(u8 code, u32 sector)
{
    if (sector >= sectors || wait_until(READY)) {
        return -1;
    }
    out8(DEVICE, (u8)(DEVICE_0_LBA | (sector >> 24 & 0x0f)));
    out8(SECTOR_COUNT, 1);
    out8(LBA_LOW, (u8)sector);
    out8(LBA_MIDDLE, (u8)(sector >> 8));
    out8(LBA_HIGH, (u8)(sector >> 16));
    out8(COMMAND, code);
    return wait_until(DATA_REQUEST);
}

int disk_read(u32 sector, void *to)
{
    if (command(READ_SECTORS, sector)) {
        return -1;
    }
    read_data(to);
    return 0;
}

int disk_write(u32 sector, const void *from)
{
    if (command(WRITE_SECTORS, sector)) {
        return -1;
    }
    write_data(from);
    if (wait_until(READY)) {
        return -1;
    }
    out8(COMMAND, FLUSH_CACHE); /* so that what was written outlives the machine */
    return wait_until(READY);
}
