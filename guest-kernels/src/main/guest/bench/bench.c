/*
 * The frame around every benchmark: builds the address space of bench.h with 4 KiB pages only (32-bit paging, or four
 * levels), runs the kernel for n=... iterations of the command line and prints a checksum of all it has computed: of
 * what the kernel returned and of every word it may have written.
 *
 * With the word "ticks" on the command line it also prints the time-stamp difference over the kernel: the instructions
 * where a tick is an instruction, as in QEMU with -icount shift=0.
 */
#include "bench.h"
#include "guest.h"

#define ENTRIES (4096 / sizeof(word))
#define TABLE_BYTES (ENTRIES * 4096)
#define PRESENT_WRITABLE 0x3
#define ALIGNED __attribute__((aligned(4096)))

extern const char kernel_name[];
extern const u32 kernel_default_n;
extern const u32 kernel_instructions;
word kernel(word n);

/* A table of the last level, whose entries are pages; a page-table entry is as wide as a word in both widths. */
typedef word table[ENTRIES];

static table identity_tables[IDENTITY_BYTES / TABLE_BYTES] ALIGNED;
static table stride_tables[STRIDE_BYTES / TABLE_BYTES] ALIGNED;
static table cr3_tables[CR3_SPACES] ALIGNED;
static table directories[CR3_SPACES] ALIGNED;
table churn_table ALIGNED;
word address_spaces[CR3_SPACES];

#ifdef __x86_64__
#define MODE "64-bit long mode, 4-level paging"
static table low_directory ALIGNED;
static table directory_pointers[CR3_SPACES] ALIGNED;
static table pml4[CR3_SPACES] ALIGNED;
#else
#define MODE "32-bit protected mode, 32-bit paging"
#endif

/* The directory entry of an address; in 64-bit mode `directories` are those of the second GiB. */
static word *directory_entry(int space, u32 address)
{
#ifdef __x86_64__
    if (address < 0x40000000) {
        return &low_directory[address / TABLE_BYTES];
    }
#endif
    return &directories[space][address / TABLE_BYTES % ENTRIES];
}

static void attach(int space, u32 address, table *tables, u32 bytes)
{
    for (u32 offset = 0; offset < bytes; offset += TABLE_BYTES) {
        *directory_entry(space, address + offset) = (word)tables++ | PRESENT_WRITABLE;
    }
}

static void paging_initialize(void)
{
    for (u32 page = 0; page < IDENTITY_BYTES / 4096; page++) {
        identity_tables[page / ENTRIES][page % ENTRIES] = page * 4096 | PRESENT_WRITABLE;
    }
    for (u32 page = 0; page < STRIDE_BYTES / 4096; page++) {
        u32 frame = page % (STRIDE_FRAME_BYTES / 4096);
        stride_tables[page / ENTRIES][page % ENTRIES] = (STRIDE_FRAMES + frame * 4096) | PRESENT_WRITABLE;
    }
    for (int space = 0; space < CR3_SPACES; space++) {
        for (u32 page = 0; page < CR3_PAGES; page++) {
            cr3_tables[space][page] = (CR3_FRAMES + (space * CR3_PAGES + page) * 4096) | PRESENT_WRITABLE;
        }
        attach(space, 0, identity_tables, IDENTITY_BYTES);
        attach(space, STRIDE_WINDOW, stride_tables, STRIDE_BYTES);
        attach(space, CHURN_WINDOW, &churn_table, TABLE_BYTES);
        attach(space, CR3_WINDOW, &cr3_tables[space], TABLE_BYTES);
#ifdef __x86_64__
        directory_pointers[space][0] = (word)low_directory | PRESENT_WRITABLE;
        directory_pointers[space][1] = (word)directories[space] | PRESENT_WRITABLE;
        pml4[space][0] = (word)directory_pointers[space] | PRESENT_WRITABLE;
        address_spaces[space] = (word)pml4[space];
#else
        address_spaces[space] = (word)directories[space];
#endif
    }
    write_cr3(address_spaces[0]);
    write_cr0(0x80010033); /* PG, WP, NE, ET, MP, PE */
}

/* Every word that a kernel may write, by its physical address. */
static const struct region {
    u32 start, bytes, step;
} regions[] = {
    {STRIDE_FRAMES, STRIDE_FRAME_BYTES, 4096},
    {RMW_BUFFER, RMW_BYTES, sizeof(word)},
    {CR3_FRAMES, CR3_SPACES * CR3_PAGES * 4096, 4096},
    {CHURN_FRAMES, CHURN_FRAME_BYTES, 4096},
};

static void clear_regions(void)
{
    for (unsigned i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        for (u32 offset = 0; offset < regions[i].bytes; offset += regions[i].step) {
            *(volatile word *)(word)(regions[i].start + offset) = 0;
        }
    }
}

static word sum_regions(word sum)
{
    for (unsigned i = 0; i < sizeof regions / sizeof regions[0]; i++) {
        for (u32 offset = 0; offset < regions[i].bytes; offset += regions[i].step) {
            sum = sum * 31 + *(volatile word *)(word)(regions[i].start + offset);
        }
    }
    return sum;
}

void trap(struct trap_frame *frame)
{
    trap_unexpected(frame);
}

int guest_main(u32 magic, const struct multiboot_info *information)
{
    (void)magic;
    serial_initialize();
    traps_initialize();
    word n = (word)option_value(information, "n", kernel_default_n);
    int ticks = option_present(information, "ticks");
    paging_initialize();
    clear_regions();

    print(kernel_name);
    print(": " MODE ", 4 KiB pages\nn=");
    print_decimal(n);
    print(", ");
    print_decimal(kernel_instructions);
    print(" instructions each, ");
    print_decimal((u64)n * kernel_instructions);
    print(" in all\n");
    if (n == 0) {
        print("n is 0: nothing to do\n");
        return 1;
    }

    u64 before = time_stamp();
    word result = kernel(n);
    u64 after = time_stamp();

    print("checksum=");
    print_hex(sum_regions(result), 2 * sizeof(word));
    print("\n");
    if (ticks) {
        print("ticks=");
        print_decimal(after - before);
        print("\n");
    }
    return 0;
}
