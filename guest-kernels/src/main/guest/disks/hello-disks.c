/*
 * hello-disks: reads and writes sectors of an ATA disk by programmed I/O and of a virtio disk by its ring, and checks them. What
 * is not there it says and leaves alone.
 *
 * Sources: PCI Local Bus Specification 2.2 "Software Generation of Configuration Transactions"; VIRTIO 1.1 "Legacy Interfaces: A
 * Note on PCI Device Layout", "Split Virtqueues", "Block Device"; ATA/ATAPI-6 "PIO data-in command protocol".
 */
#include "guest.h"

#define SECTOR_BYTES 512u
#define PATIENCE 50000000u

static int failures;

static void check(const char *what, int good)
{
    print(what);
    print(good ? ": ok\n" : ": WRONG\n");
    failures += !good;
}

static inline void out16(u16 port, u16 value)
{
    asm volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline void out32(u16 port, u32 value)
{
    asm volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline u16 in16(u16 port)
{
    u16 value;
    asm volatile("inw %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline u32 in32(u16 port)
{
    u32 value;
    asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static void fill(u8 *sector, u32 seed)
{
    for (u32 i = 0; i < SECTOR_BYTES; i++) {
        seed = seed * 1664525u + 1013904223u;
        sector[i] = (u8)(seed >> 24);
    }
}

static int same(const u8 *a, const u8 *b, u32 bytes)
{
    for (u32 i = 0; i < bytes; i++) {
        if (a[i] != b[i]) {
            return 0;
        }
    }
    return 1;
}

static u32 sum(const u8 *bytes, u32 count)
{
    u32 value = 0;
    for (u32 i = 0; i < count; i++) {
        value = value * 31u + bytes[i];
    }
    return value;
}

/* ---- ATA ---- */

#define ATA_DATA 0x1f0
#define ATA_COUNT 0x1f2
#define ATA_LOW 0x1f3
#define ATA_MIDDLE 0x1f4
#define ATA_HIGH 0x1f5
#define ATA_DEVICE 0x1f6
#define ATA_COMMAND 0x1f7
#define ATA_CONTROL 0x3f6
#define ATA_BUSY 0x80
#define ATA_READY 0x40
#define ATA_REQUEST 0x08
#define ATA_ERROR 0x01

static u32 ata_sectors;

static int ata_wait(u8 wanted)
{
    for (u32 look = 0; look < PATIENCE; look++) {
        u8 status = in8(ATA_COMMAND);
        if (!(status & ATA_BUSY)) {
            if (status & ATA_ERROR) {
                return 0;
            }
            if ((status & wanted) == wanted) {
                return 1;
            }
        }
    }
    return 0;
}

static void ata_in(void *to)
{
    u32 count = SECTOR_BYTES / 2;
    asm volatile("rep insw" : "+D"(to), "+c"(count) : "d"(ATA_DATA) : "memory");
}

static void ata_out(const void *from)
{
    u32 count = SECTOR_BYTES / 2;
    asm volatile("rep outsw" : "+S"(from), "+c"(count) : "d"(ATA_DATA) : "memory");
}

static int ata_command(u8 code, u32 sector, u32 count)
{
    if (!ata_wait(ATA_READY)) {
        return 0;
    }
    out8(ATA_DEVICE, (u8)(0xe0 | (sector >> 24 & 0x0f)));
    out8(ATA_COUNT, (u8)count);
    out8(ATA_LOW, (u8)sector);
    out8(ATA_MIDDLE, (u8)(sector >> 8));
    out8(ATA_HIGH, (u8)(sector >> 16));
    out8(ATA_COMMAND, code);
    return 1;
}

static int ata_read(u32 sector, u8 *to, u32 count)
{
    if (!ata_command(0x20, sector, count)) {
        return 0;
    }
    for (u32 i = 0; i < count; i++) {
        if (!ata_wait(ATA_REQUEST)) {
            return 0;
        }
        ata_in(to + i * SECTOR_BYTES);
    }
    return 1;
}

static int ata_write(u32 sector, const u8 *from, u32 count)
{
    if (!ata_command(0x30, sector, count)) {
        return 0;
    }
    for (u32 i = 0; i < count; i++) {
        if (!ata_wait(ATA_REQUEST)) {
            return 0;
        }
        ata_out(from + i * SECTOR_BYTES);
    }
    return ata_command(0xe7, 0, 0) && ata_wait(ATA_READY);
}

static void ata_find(void)
{
    static u16 identity[SECTOR_BYTES / 2];
    out8(ATA_DEVICE, 0xe0);
    u8 status = in8(ATA_COMMAND);
    if (status == 0xff || status == 0) {
        return;
    }
    out8(ATA_CONTROL, 0x02);
    out8(ATA_COMMAND, 0xec);
    if (in8(ATA_COMMAND) == 0 || !ata_wait(ATA_REQUEST)) {
        return;
    }
    ata_in(identity);
    ata_sectors = identity[60] | (u32)identity[61] << 16;
}

/* ---- PCI ---- */

static u32 pci_read(u32 device, u32 offset)
{
    out32(0xcf8, 0x80000000u | device << 11 | offset);
    return in32(0xcfc);
}

static void pci_write(u32 device, u32 offset, u32 value)
{
    out32(0xcf8, 0x80000000u | device << 11 | offset);
    out32(0xcfc, value);
}

/* ---- virtio ---- */

#define MOST_DESCRIPTORS 256u

#define REG_FEATURES 0
#define REG_ACCEPTED 4
#define REG_PAGE 8
#define REG_SIZE 12
#define REG_QUEUE 14
#define REG_NOTIFY 16
#define REG_STATUS 18
#define REG_INTERRUPT 19
#define REG_CAPACITY 20

#define FEATURE_FLUSH (1u << 9)
#define FEATURE_INDIRECT (1u << 28)

#define FLAG_NEXT 1
#define FLAG_WRITE 2
#define FLAG_INDIRECT 4

struct descriptor {
    u64 address;
    u32 length;
    u16 flags, next;
};

struct used_element {
    u32 head, written;
};

static u8 ring[3 * 4096] __attribute__((aligned(4096)));
static struct descriptor indirect[4] __attribute__((aligned(16)));
static u16 base;
static u32 queue_size, accepted;
static u16 available_index, used_index;
static u32 interrupt_line;

static struct {
    u32 type, priority;
    u64 sector;
} header;
static volatile u8 answer;

static struct descriptor *descriptors(void)
{
    return (struct descriptor *)ring;
}

static volatile u16 *available(void)
{
    return (volatile u16 *)(ring + 16 * queue_size);
}

static volatile u8 *used(void)
{
    return ring + ((16 * queue_size + 6 + 2 * queue_size + 4095) & ~4095u);
}

static int virtio_find(void)
{
    for (u32 device = 0; device < 32; device++) {
        if (pci_read(device, 0) != 0x10011af4) {
            continue;
        }
        check("the device is a virtio disk", pci_read(device, 0x2c) == 0x00021af4);
        pci_write(device, 4, pci_read(device, 4) | 5); /* I/O space, bus master */
        base = (u16)(pci_read(device, 0x10) & ~3u);
        interrupt_line = pci_read(device, 0x3c) & 0xff;
        return 1;
    }
    return 0;
}

static int virtio_start(void)
{
    out8(base + REG_STATUS, 0);
    out8(base + REG_STATUS, 1);
    out8(base + REG_STATUS, 3);
    accepted = in32(base + REG_FEATURES) & (FEATURE_FLUSH | FEATURE_INDIRECT);
    out32(base + REG_ACCEPTED, accepted);
    out16(base + REG_QUEUE, 1);
    check("there is no second queue", in16(base + REG_SIZE) == 0);
    out16(base + REG_QUEUE, 0);
    queue_size = in16(base + REG_SIZE);
    if (queue_size == 0 || queue_size > MOST_DESCRIPTORS) {
        return 0;
    }
    out32(base + REG_PAGE, (u32)(word)ring >> 12);
    out8(base + REG_STATUS, 7);
    return in8(base + REG_STATUS) == 7;
}

static void put(struct descriptor *table, u32 n, volatile void *address, u32 length, u16 flags)
{
    table[n].address = (u64)(word)address;
    table[n].length = length;
    table[n].flags = flags;
    table[n].next = (u16)(n + 1);
}

/* Hands over the chain that begins with descriptor 0 and waits. Returns the status, or -1. */
static int run(u32 *written)
{
    answer = 0xee;
    available()[2 + available_index % queue_size] = 0;
    asm volatile("" : : : "memory");
    available()[1] = ++available_index;
    asm volatile("" : : : "memory");
    out16(base + REG_NOTIFY, 0);
    for (u32 look = 0; look < PATIENCE; look++) {
        if (*(volatile u16 *)(used() + 2) == (u16)(used_index + 1)) {
            volatile struct used_element *done =
                (volatile struct used_element *)(used() + 4) + used_index % queue_size;
            used_index++;
            *written = done->written;
            return done->head == 0 ? answer : -1;
        }
        asm volatile("pause");
    }
    return -1;
}

/* A transfer in as many descriptors as `pieces`, an equal part each. */
static int transfer(u32 type, u64 sector, u8 *data, u32 bytes, u32 pieces, u32 *written)
{
    struct descriptor *d = descriptors();
    u16 direction = type == 1 ? 0 : FLAG_WRITE;
    header.type = type;
    header.priority = 0;
    header.sector = sector;
    put(d, 0, &header, 16, FLAG_NEXT);
    for (u32 i = 0; i < pieces; i++) {
        put(d, 1 + i, data + i * (bytes / pieces), bytes / pieces, direction | FLAG_NEXT);
    }
    put(d, 1 + pieces, &answer, 1, FLAG_WRITE);
    return run(written);
}

static int virtio_read(u64 sector, u8 *to, u32 count, u32 pieces)
{
    u32 written;
    return transfer(0, sector, to, count * SECTOR_BYTES, pieces, &written) == 0
        && written == count * SECTOR_BYTES + 1;
}

static int virtio_write(u64 sector, u8 *from, u32 count, u32 pieces)
{
    u32 written;
    return transfer(1, sector, from, count * SECTOR_BYTES, pieces, &written) == 0 && written == 1;
}

static int virtio_indirect_read(u64 sector, u8 *to)
{
    u32 written;
    header.type = 0;
    header.priority = 0;
    header.sector = sector;
    put(indirect, 0, &header, 16, FLAG_NEXT);
    put(indirect, 1, to, SECTOR_BYTES, FLAG_WRITE | FLAG_NEXT);
    put(indirect, 2, &answer, 1, FLAG_WRITE);
    put(descriptors(), 0, indirect, 3 * sizeof(struct descriptor), FLAG_INDIRECT);
    return run(&written) == 0 && written == SECTOR_BYTES + 1;
}

/* Whether the line that the device's pin leads to is high at the 8259A, where it is level triggered. */
static int line_is_high(void)
{
    u16 port = interrupt_line < 8 ? 0x20 : 0xa0;
    out8(port, 0x0a);
    return in8(port) >> (interrupt_line & 7) & 1;
}

static u8 one[16 * SECTOR_BYTES] __attribute__((aligned(4096)));
static u8 two[16 * SECTOR_BYTES] __attribute__((aligned(4096)));

static void ata_checks(void)
{
    print("ATA disk of ");
    print_decimal(ata_sectors);
    print(" sectors\n");
    for (u32 i = 0; i < 16; i++) {
        fill(one + i * SECTOR_BYTES, 100 + i);
    }
    check("ATA: 16 sectors are written", ata_write(0, one, 16));
    check("ATA: 16 sectors are read", ata_read(0, two, 16));
    check("ATA: they are the same", same(one, two, sizeof one));
    check("ATA: the last sector is read", ata_read(ata_sectors - 1, two, 1));
}

static void virtio_checks(void)
{
    u32 written;
    print("virtio disk of ");
    print_decimal(in32(base + REG_CAPACITY));
    print(" sectors\n");
    for (u32 i = 0; i < 16; i++) {
        fill(one + i * SECTOR_BYTES, 200 + i);
    }
    in8(base + REG_INTERRUPT);
    check("virtio: its interrupt line is low", !line_is_high());
    check("virtio: 16 sectors are written from one buffer", virtio_write(0, one, 16, 1));
    check("virtio: its interrupt line is high", line_is_high());
    check("virtio: the interrupt status says the queue", in8(base + REG_INTERRUPT) == 1);
    check("virtio: and is cleared by reading", in8(base + REG_INTERRUPT) == 0);
    check("virtio: its interrupt line is low again", !line_is_high());
    check("virtio: 16 sectors are read into 16 buffers", virtio_read(0, two, 16, 16));
    check("virtio: they are the same", same(one, two, sizeof one));
    check("virtio: 8 sectors are written from buffers of 64 bytes", virtio_write(40, one, 8, 64));
    check("virtio: and read into one", virtio_read(40, two, 8, 1));
    check("virtio: they are the same", same(one, two, 8 * SECTOR_BYTES));
    check("virtio: FLUSH", !(accepted & FEATURE_FLUSH) || transfer(4, 0, one, 0, 0, &written) == 0);
    if (accepted & FEATURE_INDIRECT) {
        check("virtio: a sector is read by indirect descriptors", virtio_indirect_read(3, two));
        check("virtio: it is the same", same(one + 3 * SECTOR_BYTES, two, SECTOR_BYTES));
    }
    check("virtio: beyond the end is an error", transfer(0, in32(base + REG_CAPACITY), two, SECTOR_BYTES, 1, &written) == 1);
    check("virtio: no request has type 77", transfer(77, 0, two, SECTOR_BYTES, 1, &written) == 2);
    available()[0] = 1;
    in8(base + REG_INTERRUPT);
    check("virtio: a sector is read with interrupts turned off", virtio_read(5, two, 1, 1));
    check("virtio: there was none", in8(base + REG_INTERRUPT) == 0);
    available()[0] = 0;
    for (u32 round = 0; round < 300; round++) {
        u32 sector = 64 + round * 7 % 64;
        fill(one, round);
        if (!virtio_write(sector, one, 1, 1) || !virtio_read(sector, two, 1, 2) || !same(one, two, SECTOR_BYTES)) {
            check("virtio: a round about the ring", 0);
            return;
        }
    }
    check("virtio: 600 requests, about the ring twice", 1);
}

/* What one disk has goes to the other, and the other way round. */
static void both_checks(void)
{
    check("ATA to virtio: read", ata_read(4, one, 8));
    check("ATA to virtio: written", virtio_write(200, one, 8, 1));
    check("virtio to ATA: read", virtio_read(0, two, 8, 1));
    check("virtio to ATA: written", ata_write(200, two, 8));
    check("ATA has what virtio had", ata_read(200, one, 8) && same(one, two, 8 * SECTOR_BYTES));
    check("virtio has what ATA had",
        ata_read(4, one, 8) && virtio_read(200, two, 8, 4) && same(one, two, 8 * SECTOR_BYTES));
    print("sums ");
    print_hex(sum(one, 8 * SECTOR_BYTES), 8);
    print(" ");
    print_hex(sum(two, 8 * SECTOR_BYTES), 8);
    print("\n");
}

int guest_main(u32 magic, const struct multiboot_info *information)
{
    (void)magic;
    (void)information;
    serial_initialize();
    print("Hello from two disks.\n");
    ata_find();
    if (ata_sectors != 0) {
        ata_checks();
    } else {
        print("no ATA disk\n");
    }
    int there = virtio_find();
    if (!there) {
        print("no virtio disk\n");
    } else if (virtio_start()) {
        virtio_checks();
    } else {
        check("virtio: the device starts", 0);
    }
    if (ata_sectors != 0 && there) {
        both_checks();
    }
    print(failures ? "Something is WRONG.\n" : "All is well. Goodbye.\n");
    return failures ? 1 : 0;
}

void trap(struct trap_frame *frame)
{
    trap_unexpected(frame);
}
