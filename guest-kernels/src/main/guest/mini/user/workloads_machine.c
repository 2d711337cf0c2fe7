/* Workloads of the machine: ports, registers in memory, the disk, CR0.WP. */
#include "workload.h"

/* The sum of the low bytes of 0 .. count - 1. */
static u32 sum_of_low_bytes(u32 count)
{
    u32 rest = count % 256;
    return count / 256 * (255 * 128) + rest * (rest - 1) / 2;
}

u32 workload_port(const u32 *values)
{
    u32 rounds = values[0];
    call1(region_begin, REGION);
    u32 sum = (u32)call1(port_io, rounds);
    call1(region_end, REGION);
    /* Of a string of 16 bytes, i .. i + 15, the last one stays in the register, and is read 16 times. */
    u32 strings = (rounds + 15) / 16;
    u32 last_bytes = sum_of_low_bytes(strings + 15) - sum_of_low_bytes(15);
    expect("the sum of what was read", sum, sum_of_low_bytes(rounds) + 16 * last_bytes);
    return sum;
}

u32 workload_mmio(const u32 *values)
{
    u32 rounds = values[0];
    call1(region_begin, REGION);
    u32 sum = (u32)call1(mmio, rounds);
    call1(region_end, REGION);
    expect("the sum of what was read", sum, rounds * 255); /* a byte and its complement */
    return sum;
}

/* ---- disk ---- */

#define SECTOR_WORDS (SECTOR_BYTES / 4)

/* What sector 0 carries once it is ours. */
static const char mark[] = "Thirdmode: the mini-kernel writes to this disk.\n";

static void require_blank_disk(u32 *sector, u32 sectors)
{
    u32 present = (u32)call0(disk_sectors);
    if (present == 0) {
        print("no disk\n");
        leave(STATUS_NO_DISK);
    }
    if (present <= sectors) {
        print("the disk has too few sectors\n");
        leave(STATUS_NO_DISK);
    }
    if (call2(disk_read, 0, sector)) {
        fail("reading sector 0");
    }
    u32 blank = 1, ours = 1;
    for (u32 i = 0; i < SECTOR_BYTES; i++) {
        char byte = ((const char *)sector)[i];
        blank &= byte == 0;
        ours &= i >= sizeof mark || byte == mark[i];
    }
    if (!blank && !ours) {
        print("the disk is not blank: it stays as it is\n");
        leave(STATUS_NO_DISK);
    }
}

/* Writes sector 0 and those behind it, then reads them in another order. */
u32 workload_disk(const u32 *values)
{
    u32 sectors = values[0], sum = 0, expected = 0;
    u32 *sector = map_pages(1, MAP_PRIVATE);
    require_blank_disk(sector, sectors);
    for (u32 i = 0; i < SECTOR_BYTES; i++) {
        ((char *)sector)[i] = i < sizeof mark ? mark[i] : 0;
    }
    if (call2(disk_write, 0, sector)) {
        fail("writing sector 0");
    }
    call1(region_begin, REGION);
    for (u32 number = 1; number <= sectors; number++) {
        for (u32 i = 0; i < SECTOR_WORDS; i++) {
            sector[i] = number * 2654435761u + i;
        }
        if (call2(disk_write, number, sector)) {
            fail("writing a sector");
        }
    }
    for (u32 number = sectors; number > 0; number--) {
        if (call2(disk_read, number, sector)) {
            fail("reading a sector");
        }
        for (u32 i = 0; i < SECTOR_WORDS; i++) {
            sum += sector[i] * (i + 1);
            expected += (number * 2654435761u + i) * (i + 1);
        }
    }
    call1(region_end, REGION);
    expect("the sum of the sectors", sum, expected);
    return sum;
}

/* ---- CR0.WP ---- */

static u32 write_with_protection(const void *page)
{
    call3(poke, page, 0xbad, 0);
    return 0;
}

/* The kernel writes to a page that is read-only, by clearing CR0.WP; the user reads it, and may not write. With WP set
   the same write must fail: the child that asks for it is killed. */
u32 workload_wp(const u32 *values)
{
    u32 rounds = values[0], sum = 0, status;
    volatile u32 *page = map_pages(1, MAP_PRIVATE);
    page[1] = 1;
    call3(protect, page, PAGE_BYTES, 0);
    call1(region_begin, REGION);
    for (u32 round = 0; round < rounds; round++) {
        call3(poke, page, round, 1);
        sum += *page;
    }
    call1(region_end, REGION);
    expect("the sum of the words", sum, rounds % 2 ? rounds * ((rounds - 1) / 2) : rounds / 2 * (rounds - 1));
    u32 child = fork_child(write_with_protection, (const void *)page);
    expect("the end of a child that writes with CR0.WP set", (u32)call2(wait, child, &status), 1);
    expect("the page behind it", *page, rounds - 1);
    return sum;
}
