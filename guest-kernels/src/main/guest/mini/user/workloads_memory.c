/* Workloads of memory: mmap, copy-on-write, faults, and patterns of access. */
#include "workload.h"

#define PAGE_WORDS (PAGE_BYTES / 4)

/* 0 + 1 + ... + (count - 1), modulo 2^32. */
static u32 triangle(u32 count)
{
    return count % 2 ? count * ((count - 1) / 2) : count / 2 * (count - 1);
}

/* Maps, writes every page, forbids writing to the lower half, reads all; unmaps as a whole or, every fourth time, the
   middle first, which cuts the region in two. */
u32 workload_mmap(const u32 *values)
{
    u32 rounds = values[0], pages = values[1], sum = 0, expected = 0;
    call1(region_begin, REGION);
    for (u32 round = 0; round < rounds; round++) {
        u32 *memory = map_pages(pages, MAP_PRIVATE);
        for (u32 page = 0; page < pages; page++) {
            memory[page * PAGE_WORDS] = round ^ page;
        }
        call3(protect, memory, (word)(pages / 2) * PAGE_BYTES, 0);
        for (u32 page = 0; page < pages; page++) {
            sum += memory[page * PAGE_WORDS] * (page + 1);
            expected += (round ^ page) * (page + 1);
        }
        if (round % 4 == 3 && pages >= 3) {
            unmap_pages(memory + pages / 3 * PAGE_WORDS, pages / 3);
            unmap_pages(memory, pages / 3);
            unmap_pages(memory + pages / 3 * 2 * PAGE_WORDS, pages - pages / 3 * 2);
        } else {
            unmap_pages(memory, pages);
        }
    }
    call1(region_end, REGION);
    expect("the sum of the pages", sum, expected);
    return sum;
}

/* ---- copy-on-write ---- */

struct copies {
    u32 *memory;
    u32 pages, value;
};

static u32 write_all(const void *context)
{
    const struct copies *copies = context;
    u32 sum = 0;
    for (u32 page = 0; page < copies->pages; page++) {
        copies->memory[page * PAGE_WORDS] += copies->value;
        sum += copies->memory[page * PAGE_WORDS];
    }
    return sum;
}

/* Each round a child writes to all pages and gets copies; then the parent, by now their only owner, needs none. */
u32 workload_cow(const u32 *values)
{
    u32 rounds = values[0], pages = values[1], sum = 0;
    struct copies copies = {map_pages(pages, MAP_PRIVATE), pages, 0};
    for (u32 page = 0; page < pages; page++) {
        copies.memory[page * PAGE_WORDS] = page;
    }
    call1(region_begin, REGION);
    for (u32 round = 0; round < rounds; round++) {
        copies.value = 2 * round + 1;
        u32 theirs = wait_for(fork_child(write_all, &copies));
        expect("what the child saw", theirs, triangle(pages) + pages * (round + copies.value));
        copies.value = 1;
        u32 ours = write_all(&copies);
        expect("what the parent saw", ours, triangle(pages) + pages * (round + 1));
        sum = (sum * 31 + theirs) * 31 + ours;
    }
    call1(region_end, REGION);
    return sum;
}

/* ---- page faults: a read maps the one frame of zeros, a write then gets a frame of its own ---- */

u32 workload_fault(const u32 *values)
{
    u32 rounds = values[0], pages = values[1], sum = 0;
    call1(region_begin, REGION);
    for (u32 round = 0; round < rounds; round++) {
        volatile u32 *memory = map_pages(pages, MAP_PRIVATE);
        u32 zeros = 0, written = 0;
        for (u32 page = 0; page < pages; page++) {
            zeros |= memory[page * PAGE_WORDS + page % PAGE_WORDS];
        }
        expect("fresh pages", zeros, 0);
        for (u32 page = 0; page < pages; page++) {
            memory[page * PAGE_WORDS + page % PAGE_WORDS] = page + round;
        }
        for (u32 page = 0; page < pages; page++) {
            written += memory[page * PAGE_WORDS + page % PAGE_WORDS];
        }
        expect("written pages", written, triangle(pages) + pages * round);
        sum = sum * 31 + written;
        unmap_pages((void *)memory, pages);
    }
    call1(region_end, REGION);
    return sum;
}

/* ---- patterns of access ---- */

static void require_power_of_two(u32 pages)
{
    if (pages & (pages - 1)) {
        print("pages: this workload wants a power of two\n");
        leave(STATUS_USAGE);
    }
}

static void require_room(u32 pages_each)
{
    if (pages_each == 0) {
        print("pages: there are not so many in that many megabytes\n");
        leave(STATUS_USAGE);
    }
}

/* As HPC Challenge's RandomAccess: each update is an exclusive or, so the same updates once more undo them all. */
u32 workload_gups(const u32 *values)
{
    u32 pages = values[0], updates = values[1], sum = 0, wrong = 0;
    require_power_of_two(pages);
    u32 words = pages * PAGE_WORDS;
    u32 *table = map_pages(pages, working_set_flags);
    for (u32 i = 0; i < words; i += 16) {
        table[i] = i; /* one word of each line */
    }
    call1(region_begin, REGION);
    for (u32 pass = 0; pass < 2; pass++) {
        u32 random = 1;
        for (u32 update = 0; update < updates; update++) {
            random = next_random(random);
            table[random >> 7 & (words - 1) & ~15u] ^= random;
        }
        if (pass == 0) {
            for (u32 i = 0; i < words; i += 16) {
                sum = sum * 31 + table[i];
            }
        }
    }
    call1(region_end, REGION);
    for (u32 i = 0; i < words; i += 16) {
        wrong += table[i] != i;
    }
    expect("words that the second pass did not restore", wrong, 0);
    return sum;
}

/* A chain through all lines of 64 bytes: a full period of a linear congruential generator, so no line comes twice
   before all have come. */
static u32 successor(u32 line, u32 lines)
{
    return (1103515245 * line + 12345) & (lines - 1);
}

u32 workload_chase(const u32 *values)
{
    u32 pages = values[0], steps = values[1];
    require_power_of_two(pages);
    u32 lines = pages * (PAGE_BYTES / 64);
    u32 *memory = map_pages(pages, working_set_flags);
    for (u32 line = 0; line < lines; line++) {
        memory[line * 16] = successor(line, lines);
    }
    u32 at = 0, expected = 0;
    call1(region_begin, REGION);
    for (u32 step = 0; step < steps; step++) {
        at = memory[at * 16];
    }
    call1(region_end, REGION);
    for (u32 step = 0; step < steps; step++) {
        expected = successor(expected, lines);
    }
    expect("the end of the chain", at, expected);
    return at;
}

#define GOLDEN 2654435761u

u32 workload_sequential(const u32 *values)
{
    u32 rounds = values[0], pages = values[1], sum = 0;
    u32 words = pages * PAGE_WORDS;
    u32 *memory = map_pages(pages, working_set_flags);
    call1(region_begin, REGION);
    for (u32 round = 0; round < rounds; round++) {
        for (u32 i = 0; i < words; i++) {
            memory[i] = i * GOLDEN + round;
        }
        asm volatile("" : : : "memory");
        for (u32 i = 0; i < words; i++) {
            sum += memory[i];
        }
    }
    call1(region_end, REGION);
    expect("the sum of the words", sum, GOLDEN * triangle(words) * rounds + words * triangle(rounds));
    return sum;
}

/* ---- few pages of much memory ---- */

/* One page of each stretch: most tables of the last level map a single page. */
u32 workload_sparse(const u32 *values)
{
    u32 all = values[0] * (0x100000 / PAGE_BYTES), pages = values[1], sum = 0;
    word stretch = (word)(all / pages) * PAGE_BYTES;
    require_room(all / pages);
    u8 *memory = (u8 *)map_pages(all, MAP_PRIVATE);
    call1(region_begin, REGION);
    for (u32 page = 0; page < pages; page++) {
        *(volatile u32 *)(memory + page * stretch) = page;
    }
    for (u32 page = 0; page < pages; page++) {
        sum += *(volatile u32 *)(memory + page * stretch);
    }
    unmap_pages(memory, all);
    call1(region_end, REGION);
    expect("the sum of the pages", sum, triangle(pages));
    return sum;
}

/* The same with memory that no process has: the kernel writes to frames that are free. */
u32 workload_ram(const u32 *values)
{
    u32 all = values[0] * (0x100000 / PAGE_BYTES), pages = values[1];
    require_room(all / pages);
    call1(region_begin, REGION);
    u32 sum = (u32)call2(touch_free_memory, pages, (word)(all / pages) * PAGE_BYTES);
    call1(region_end, REGION);
    if (sum == (u32)-1) {
        print("out of memory: give the machine more, or the workload less\n");
        leave(STATUS_OUT_OF_MEMORY);
    }
    expect("the sum of the pages", sum, triangle(pages));
    return sum;
}
