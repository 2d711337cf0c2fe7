/*
 * Address spaces: what a process may touch (regions), and the page tables that say what it has touched.
 *
 * A region is a promise; no page of it exists before the first access, when the page-fault handler keeps the promise
 * (fault.c).
 */
#ifndef MINI_SPACE_H
#define MINI_SPACE_H

#include "paging.h"

#define REGION_WRITABLE 1u
#define REGION_EXECUTABLE 2u
#define REGION_SHARED 4u /* fork gives the child the same pages, not copies */

struct region {
    word start, end; /* whole pages */
    u32 flags;
    const u8 *source; /* what stands in the region at first: pages of the image; 0 for zeros */
};

#define REGIONS 32

struct space {
    entry *root;
    entry *user_root; /* with isolation: the tables that are loaded in user mode; else 0 */
    struct region regions[REGIONS];
    int region_count;
    word next_mapping; /* where mmap looks first */
};

/* A space without regions. With isolation its narrow tables map the kernel stack at `kernel_stack`, a page. */
void space_create(struct space *space, void *kernel_stack);

/* Gives back every page and table. The space must not be the one that CR3 points to. */
void space_destroy(struct space *space);

/* Makes `child`, which is empty, see what `parent`, which is active, sees now: copy-on-write. */
void space_fork(struct space *child, struct space *parent);

/* Points CR3 to the space. */
void space_activate(struct space *space);

/* The space that CR3 points to; 0 where it is the kernel's own tables. */
struct space *space_active(void);

/* Points CR3 to the kernel's own tables: before the active space is destroyed. */
void space_leave(void);

/* Whether spaces are isolated from the kernel: set once, before the first one is created. */
extern int space_isolation;

struct region *space_region_at(struct space *space, word address);

/* The entry of the page at `address`; its tables are made where they are missing. */
entry *space_entry(struct space *space, word address);

/* The flags of an entry for a page of the region, without WRITABLE. */
entry region_entry_flags(const struct region *region);

/* The next three return 0, or -1 where there is no room or no such region. They change the active space. */
int space_add(struct space *space, struct region region);
int space_unmap(struct space *space, word start, word end);
int space_protect(struct space *space, word start, word end, int writable);

/* A free range of that many bytes for mmap, or 0. */
word space_find_free(struct space *space, word bytes);

/* Makes all pages of the region, writable: a shared one must have them before it is shared. */
void space_populate(struct space *space, const struct region *region);

/* The same in large pages, of a region that is made of whole ones; such a process must not fork. */
void space_populate_large(struct space *space, const struct region *region);

#endif
