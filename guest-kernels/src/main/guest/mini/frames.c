#include "frames.h"
#include "kernel.h"
#include "layout.h"
#include "paging.h"

extern u8 image_end[];
u8 frame_of_zeros[4096] __attribute__((aligned(4096)));

/* RAM in two ranges: below the devices under 4 GiB, and (in 64-bit mode) above 4 GiB. */
static struct range {
    word next, end;
} ranges[2];

/* A freed frame holds the address of the next free one. Frames that were never used are not touched: they are free
   because `next` of their range has not come to them, so that a machine with much RAM costs what it uses. */
static void **free_list;
static word in_use;

/* Users of each frame, by number. It is set when a frame is allocated, so nothing has to clear it. */
static u16 *users;

#define MEMORY_MAP_VALID (1 << 6)
#define AVAILABLE 1

static void take_range(u64 from, u64 end)
{
    struct range *range = &ranges[from >= 0x100000000ull];
    if (from <= (word)image_end && (word)image_end < end) {
        from = (word)image_end;
    }
    if (end > DIRECT_MAP_END) {
        end = DIRECT_MAP_END;
    }
    if (from >= (word)image_end && from < end && range->end == 0) {
        range->next = (word)((from + PAGE_OFFSET) & ~(u64)PAGE_OFFSET);
        range->end = (word)(end & ~(u64)PAGE_OFFSET);
    }
}

void frames_initialize(const struct multiboot_info *information)
{
    if (information->flags & MEMORY_MAP_VALID) {
        word at = information->memory_map, end = at + information->memory_map_bytes;
        while (at < end) {
            const struct multiboot_range *range = (const struct multiboot_range *)at;
            if (range->type == AVAILABLE) {
                take_range(range->base, range->base + range->bytes);
            }
            at += range->size + sizeof range->size;
        }
    } else {
        take_range(0x100000, 0x100000 + ((u64)information->memory_upper << 10));
    }
    users = (u16 *)ranges[0].next;
    ranges[0].next += ((frames_end() / PAGE_BYTES) * sizeof *users + PAGE_OFFSET) & ~PAGE_OFFSET;
    if (ranges[0].next >= ranges[0].end) {
        panic("out of memory: give the machine more", STATUS_OUT_OF_MEMORY);
    }
}

word frames_end(void)
{
    return ranges[1].end ? ranges[1].end : ranges[0].end;
}

void *frame_allocate(void)
{
    void *frame = free_list;
    if (frame) {
        free_list = *free_list;
    } else {
        struct range *range = ranges[0].next < ranges[0].end ? &ranges[0] : &ranges[1];
        if (range->next >= range->end) {
            panic("out of memory: give the machine more, or the workload less", STATUS_OUT_OF_MEMORY);
        }
        frame = (void *)range->next;
        range->next += PAGE_BYTES;
    }
    users[(word)frame / PAGE_BYTES] = 1;
    in_use++;
    return frame;
}

void *frames_allocate_large(void)
{
    for (struct range *range = ranges; range < ranges + 2; range++) {
        word start = (range->next + LARGE_PAGE - 1) & ~(LARGE_PAGE - 1);
        if (start < range->end && range->end - start >= LARGE_PAGE) {
            range->next = start + LARGE_PAGE;
            for (word frame = start; frame < range->next; frame += PAGE_BYTES) {
                clear_page((void *)frame);
            }
            return (void *)start;
        }
    }
    panic("out of memory: give the machine more, or the workload less", STATUS_OUT_OF_MEMORY);
}

void *frame_allocate_cleared(void)
{
    void *frame = frame_allocate();
    clear_page(frame);
    return frame;
}

/* The image's frames (programs, the frame of zeros) are mapped by many and never freed: they are not counted. */
static int is_counted(const void *frame)
{
    return (word)frame >= (word)image_end;
}

void frame_share(void *frame)
{
    if (is_counted(frame)) {
        users[(word)frame / PAGE_BYTES]++;
    }
}

void frame_release(void *frame)
{
    if (is_counted(frame) && --users[(word)frame / PAGE_BYTES] == 0) {
        *(void **)frame = free_list;
        free_list = frame;
        in_use--;
    }
}

int frame_is_sole(const void *frame)
{
    return is_counted(frame) && users[(word)frame / PAGE_BYTES] == 1;
}

word frames_in_use(void)
{
    return in_use;
}

word frames_touch_free(word frames, word stretch)
{
    word sum = 0;
    for (int reading = 0; reading < 2; reading++) {
        const struct range *range = &ranges[0];
        word at = range->next;
        for (word frame = 0; frame < frames; frame++) {
            while (at >= range->end) {
                if (++range == ranges + 2) {
                    return (word)-1;
                }
                at = range->next;
            }
            if (reading) {
                sum += *(volatile word *)at;
            } else {
                *(volatile word *)at = frame;
            }
            at += stretch;
        }
    }
    return sum;
}
