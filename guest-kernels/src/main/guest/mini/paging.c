#include "paging.h"
#include "frames.h"

entry *kernel_root;

entry *walk(entry *root, word address, int level, enum missing missing)
{
    entry *table = root;
    for (int at_level = LEVELS; at_level > level; at_level--) {
        entry *at = &table[index_at(at_level, address)];
        if (!(*at & PRESENT)) {
            if (missing == LOOK) {
                return 0;
            }
            *at = (word)frame_allocate_cleared() | (at_level == LEVELS ? TOP_FLAGS : TABLE_FLAGS);
        }
        table = target(*at);
    }
    return &table[index_at(level, address)];
}

void visit_pages(entry *root, word from, word to, page_visitor *visit, void *context)
{
    word address = from;
    while (address < to) {
        entry *table = root;
        int level = LEVELS;
        while (level > 1 && (table[index_at(level, address)] & (PRESENT | PAGE_SIZE_FLAG)) == PRESENT) {
            table = target(table[index_at(level, address)]);
            level--;
        }
        entry *at = &table[index_at(level, address)];
        if (level == 1 && (*at & PRESENT)) {
            visit(at, address, context);
        }
        /* On to what the next entry of this level maps: a missing table is skipped in one step. */
        word span = PAGE_BYTES << ((level - 1) * INDEX_BITS);
        address = (address & ~(span - 1)) + span;
        if (address == 0) {
            return;
        }
    }
}

void release_tables(entry *table, int level, word first, word last)
{
    for (word i = first; level > 1 && i <= last; i++) {
        if ((table[i] & (PRESENT | PAGE_SIZE_FLAG)) == PRESENT) {
            release_tables(target(table[i]), level - 1, 0, ENTRIES - 1);
            frame_release(target(table[i]));
            table[i] = 0;
        }
    }
}

static void map_kernel(word from, word to, entry flags)
{
    for (word address = from; address < to; address += LARGE_PAGE) {
        *walk(kernel_root, address, 2, CREATE) = address | PAGE_SIZE_FLAG | WRITABLE | PRESENT | flags;
    }
}

#define CR0_PG_WP_NE_ET_MP_PE 0x80010033
#define CR4_PSE 0x10
#define CR4_PAE 0x20
#define CR4_PGE 0x80
#define EFER_NXE 0x800

void paging_initialize(int isolated)
{
    entry global = isolated ? 0 : GLOBAL;
    kernel_root = frame_allocate_cleared();
    map_kernel(0, (frames_end() + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1), global);
    /* Registers, not memory: they must be neither cached nor combined. SDM 3A "Memory Cache Control". */
    map_kernel(DEVICES, DEVICES_END, global | CACHE_DISABLE | WRITE_THROUGH);
#if PAGING != 32
    write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_NXE);
#endif
    /* In 64-bit mode paging is on already, with the tables of start.S; the image stands at the same address in both. */
    write_cr4(CR4_PSE | (PAGING == 32 ? 0 : CR4_PAE));
    write_cr3((word)kernel_root);
    write_cr0(CR0_PG_WP_NE_ET_MP_PE);
    write_cr4(read_cr4() | CR4_PGE); /* last, as SDM 3A "Enabling Global Pages" wants it */
}
