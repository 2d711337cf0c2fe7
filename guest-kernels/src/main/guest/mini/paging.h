/*
 * Page tables. SDM 3A "Paging": a linear address is cut into one index for each level and the offset in the page:
 *
 *   PAGING 32    31 directory 22 | 21 table 12 | 11 offset 0                                 entries of 4 bytes
 *   PAGING 36    31 PDPT 30 | 29 directory 21 | 20 table 12 | 11 offset 0                    entries of 8 bytes
 *   PAGING 48    47 PML4 39 | 38 PDPT 30 | 29 directory 21 | 20 table 12 | 11 offset 0       entries of 8 bytes
 *
 * Levels count from 1, the table whose entries are pages, up to LEVELS, the table that CR3 points to. The ways differ
 * in the constants below and in nothing else, but for two rules of PAE (TOP_FLAGS, and space_create).
 */
#ifndef MINI_PAGING_H
#define MINI_PAGING_H

#include "guest.h"
#include "layout.h"

#if PAGING == 32
typedef u32 entry;
#define LEVELS 2
#define INDEX_BITS 10
#else
typedef u64 entry;
#define LEVELS (PAGING == 36 ? 3 : 4)
#define INDEX_BITS 9
#endif
#define ENTRIES (1ul << INDEX_BITS)

/*
 *   63 NX | 62 .. 52 ignored | 51 .. 12 address | 11 .. 9 free for software | 8 G | 7 PS | 6 D | 5 A | 4 PCD | 3 PWT |
 *   2 U/S | 1 R/W | 0 P
 */
#define PRESENT ((entry)0x001)
#define WRITABLE ((entry)0x002)
#define USER ((entry)0x004)
#define WRITE_THROUGH ((entry)0x008)
#define CACHE_DISABLE ((entry)0x010)
#define PAGE_SIZE_FLAG ((entry)0x080)
#define GLOBAL ((entry)0x100)
#if PAGING == 32
#define NO_EXECUTE ((entry)0) /* 32-bit paging has no such bit */
#define ADDRESS_MASK ((entry)0xfffff000)
#else
#define NO_EXECUTE ((entry)1 << 63)
#define ADDRESS_MASK ((entry)0x000ffffffffff000)
#endif

/*
 * An entry that points to a table allows everything: the entry of the page decides. But SDM 3A "PAE Paging": R/W and
 * U/S of a PDPTE are reserved.
 */
#define TABLE_FLAGS (PRESENT | WRITABLE | USER)
#define TOP_FLAGS (PAGING == 36 ? PRESENT : TABLE_FLAGS)

/* What an entry of level 2 maps when it has PS: 4 MiB in 32-bit paging, 2 MiB otherwise. */
#define LARGE_PAGE (PAGE_BYTES << INDEX_BITS)

/* The index of `address` in a table of `level`. */
static inline word index_at(int level, word address)
{
    return (address >> (12 + (level - 1) * INDEX_BITS)) & (ENTRIES - 1);
}

/* The table that an entry points to, or the page that it maps. */
static inline void *target(entry value)
{
    return (void *)(word)(value & ADDRESS_MASK);
}

#define TOP_FIRST_USER index_at(LEVELS, USER_BASE)
#define TOP_LAST_USER index_at(LEVELS, USER_END - 1)

enum missing { LOOK, CREATE };

/*
 * The entry of `level` for `address`, in the tables under `root`: the walk that the processor does in hardware. Where a
 * table on the way is missing, makes it (CREATE) or returns 0 (LOOK).
 */
entry *walk(entry *root, word address, int level, enum missing missing);

/* Calls `visit` for each page that is mapped in [from, to), in ascending order; skips what has no tables, and large pages. */
typedef void page_visitor(entry *at, word address, void *context);
void visit_pages(entry *root, word from, word to, page_visitor *visit, void *context);

/* Gives back the tables below entries `first` to `last` of a table of `level`, not the pages. */
void release_tables(entry *table, int level, word first, word last);

/* The tables of the kernel alone: every process begins with a copy of the top one. */
extern entry *kernel_root;

/*
 * Builds kernel_root and turns paging on. With `isolated` no page of the kernel is global, for a global page would
 * survive the change of CR3 that is to hide it.
 */
void paging_initialize(int isolated);

#endif
