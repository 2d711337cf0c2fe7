#include "fault.h"
#include "frames.h"
#include "kernel.h"

/* The first access to a page: of the program, from the image; of any other, zeros. */
static void demand(entry *at, word page, const struct region *region, int write)
{
    const void *content = region->source ? region->source + (page - region->start) : frame_of_zeros;
    if (!write) {
        /* Nobody has to copy what is only read: all map the one frame. */
        *at = (word)content | region_entry_flags(region);
        return;
    }
    void *frame = frame_allocate();
    copy_page(frame, content);
    *at = (word)frame | region_entry_flags(region) | WRITABLE;
}

/* The first write to a page that was inherited, or until now was the frame of zeros or the image's. */
static void copy_on_write(entry *at, const struct region *region)
{
    void *old = target(*at);
    if (frame_is_sole(old) || (region->flags & REGION_SHARED)) {
        *at |= WRITABLE; /* the others have copied or are gone, or want to see it */
        return;
    }
    void *copy = frame_allocate();
    copy_page(copy, old);
    *at = (word)copy | region_entry_flags(region) | WRITABLE;
    frame_release(old);
}

int fault_repair(struct space *space, word address, word error)
{
    struct region *region = space_region_at(space, address);
    if (!region || (error & FAULT_RESERVED)) {
        return 0;
    }
    if (((error & FAULT_WRITE) && !(region->flags & REGION_WRITABLE))
            || ((error & FAULT_INSTRUCTION) && !(region->flags & REGION_EXECUTABLE))) {
        return 0;
    }
    word page = address & ~PAGE_OFFSET;
    entry *at = space_entry(space, page);
    if (!(*at & PRESENT)) {
        demand(at, page, region, error & FAULT_WRITE);
    } else if ((error & FAULT_WRITE) && !(*at & WRITABLE)) {
        copy_on_write(at, region);
        invalidate_page(page);
    } else {
        invalidate_page(page); /* the entry allows it: the processor used a stale one */
    }
    return 1;
}
