#include "space.h"
#include "descriptors.h"
#include "frames.h"
#include "kernel.h"

int space_isolation;
static struct space *active;

/*
 * Kernel page-table isolation: in user mode CR3 points to a second top table. Its user entries are those of the first;
 * of the kernel it has the trampoline and the kernel stack, on tables of its own.
 */
static void create_user_root(struct space *space, void *kernel_stack)
{
    space->user_root = frame_allocate_cleared();
    for (word page = (word)trampoline_start; page < (word)trampoline_end; page += PAGE_BYTES) {
        *walk(space->user_root, page, 1, CREATE) = page | WRITABLE | PRESENT;
    }
    *walk(space->user_root, (word)kernel_stack, 1, CREATE) = (word)kernel_stack | WRITABLE | PRESENT;
}

static void mirror_user_entries(struct space *space, word index)
{
    if (space->user_root) {
        space->user_root[index] = space->root[index];
    }
}

void space_create(struct space *space, void *kernel_stack)
{
    space->root = frame_allocate();
    copy_page(space->root, kernel_root);
    space->user_root = 0;
    space->region_count = 0;
    space->next_mapping = MMAP_BASE;
    if (space_isolation) {
        create_user_root(space, kernel_stack);
    }
#if PAGING == 36
    /* SDM 3A "PDPTE Registers": the processor reads the PDPTEs when CR3 is loaded and never again, so a directory that
       is added later would not be seen. There are two for the user: they are made at once. */
    for (word index = TOP_FIRST_USER; index <= TOP_LAST_USER; index++) {
        space->root[index] = (word)frame_allocate_cleared() | TOP_FLAGS;
        mirror_user_entries(space, index);
    }
#endif
}

entry *space_entry(struct space *space, word address)
{
    entry *at = walk(space->root, address, 1, CREATE);
    mirror_user_entries(space, index_at(LEVELS, address));
    return at;
}

static void release_page(entry *at, word address, void *context)
{
    (void)address, (void)context;
    frame_release(target(*at));
    *at = 0;
}

void space_destroy(struct space *space)
{
    for (int i = 0; i < space->region_count; i++) {
        visit_pages(space->root, space->regions[i].start, space->regions[i].end, release_page, 0);
    }
    if (space->user_root) {
        for (word index = TOP_FIRST_USER; index <= TOP_LAST_USER; index++) {
            space->user_root[index] = 0; /* the tables of the first root: released with it */
        }
        release_tables(space->user_root, LEVELS, 0, ENTRIES - 1);
        frame_release(space->user_root);
    }
    release_tables(space->root, LEVELS, TOP_FIRST_USER, TOP_LAST_USER);
    frame_release(space->root);
}

struct inheritance {
    struct space *child;
    const struct region *region;
};

/* Both get the page read-only; who writes first gets a copy (fault.c). A shared page stays writable in both. */
static void inherit_page(entry *at, word address, void *context)
{
    const struct inheritance *inheritance = context;
    if (!(inheritance->region->flags & REGION_SHARED)) {
        *at &= ~WRITABLE;
    }
    frame_share(target(*at));
    *space_entry(inheritance->child, address) = *at;
}

void space_fork(struct space *child, struct space *parent)
{
    child->region_count = parent->region_count;
    child->next_mapping = parent->next_mapping;
    for (int i = 0; i < parent->region_count; i++) {
        child->regions[i] = parent->regions[i];
        struct inheritance inheritance = {child, &parent->regions[i]};
        visit_pages(parent->root, parent->regions[i].start, parent->regions[i].end, inherit_page, &inheritance);
    }
    write_cr3((word)parent->root); /* the TLB still says that the parent may write */
}

struct space *space_active(void)
{
    return active;
}

void space_activate(struct space *space)
{
    active = space;
    if (read_cr3() != (word)space->root) {
        write_cr3((word)space->root);
    }
    trampoline_kernel_root = space->user_root ? (word)space->root : 0;
    trampoline_user_root = (word)space->user_root;
}

void space_leave(void)
{
    active = 0;
    write_cr3((word)kernel_root);
    trampoline_kernel_root = 0;
    trampoline_user_root = 0;
}

entry region_entry_flags(const struct region *region)
{
    return PRESENT | USER | (region->flags & REGION_EXECUTABLE ? 0 : NO_EXECUTE);
}

struct region *space_region_at(struct space *space, word address)
{
    for (int i = 0; i < space->region_count; i++) {
        if (space->regions[i].start <= address && address < space->regions[i].end) {
            return &space->regions[i];
        }
    }
    return 0;
}

static struct region *overlapping(struct space *space, word start, word end)
{
    for (int i = 0; i < space->region_count; i++) {
        if (space->regions[i].start < end && start < space->regions[i].end) {
            return &space->regions[i];
        }
    }
    return 0;
}

int space_add(struct space *space, struct region region)
{
    if (space->region_count == REGIONS || overlapping(space, region.start, region.end)) {
        return -1;
    }
    space->regions[space->region_count++] = region;
    return 0;
}

word space_find_free(struct space *space, word bytes)
{
    word start = space->next_mapping;
    for (int wrapped = 0; wrapped < 2;) {
        if (bytes > USER_END - start) {
            start = MMAP_BASE;
            wrapped++;
            continue;
        }
        struct region *in_the_way = overlapping(space, start, start + bytes);
        if (!in_the_way) {
            space->next_mapping = start + bytes;
            return start;
        }
        start = in_the_way->end;
    }
    return 0;
}

/* Cuts the region that `address` lies in, so that a region begins there. */
static int split_at(struct space *space, word address)
{
    struct region *region = space_region_at(space, address);
    if (!region || region->start == address) {
        return 0;
    }
    if (space->region_count == REGIONS) {
        return -1;
    }
    struct region *upper = &space->regions[space->region_count++];
    *upper = *region;
    upper->start = address;
    if (upper->source) {
        upper->source += address - region->start;
    }
    region->end = address;
    return 0;
}

/* After this [start, end) is made of whole regions. */
static int split_around(struct space *space, word start, word end)
{
    return split_at(space, start) || split_at(space, end) ? -1 : 0;
}

static void unmap_page(entry *at, word address, void *context)
{
    release_page(at, address, context);
    invalidate_page(address);
}

int space_unmap(struct space *space, word start, word end)
{
    if (split_around(space, start, end)) {
        return -1;
    }
    visit_pages(space->root, start, end, unmap_page, 0);
    for (int i = 0; i < space->region_count;) {
        if (start <= space->regions[i].start && space->regions[i].end <= end) {
            space->regions[i] = space->regions[--space->region_count];
        } else {
            i++;
        }
    }
    return 0;
}

/* To allow writing no entry is changed: the next write faults, and its handler knows whether a copy is due. */
static void forbid_writing(entry *at, word address, void *context)
{
    (void)context;
    *at &= ~WRITABLE;
    invalidate_page(address);
}

int space_protect(struct space *space, word start, word end, int writable)
{
    if (split_around(space, start, end)) {
        return -1;
    }
    for (int i = 0; i < space->region_count; i++) {
        struct region *region = &space->regions[i];
        if (start <= region->start && region->end <= end) {
            region->flags = (region->flags & ~REGION_WRITABLE) | (writable ? REGION_WRITABLE : 0);
        }
    }
    if (!writable) {
        visit_pages(space->root, start, end, forbid_writing, 0);
    }
    return 0;
}

void space_populate(struct space *space, const struct region *region)
{
    for (word address = region->start; address < region->end; address += PAGE_BYTES) {
        *space_entry(space, address) = (word)frame_allocate_cleared() | region_entry_flags(region) | WRITABLE;
    }
}

void space_populate_large(struct space *space, const struct region *region)
{
    for (word address = region->start; address < region->end; address += LARGE_PAGE) {
        *walk(space->root, address, 2, CREATE) =
            (word)frames_allocate_large() | region_entry_flags(region) | WRITABLE | PAGE_SIZE_FLAG;
        mirror_user_entries(space, index_at(LEVELS, address));
    }
}
