#include "calls.h"
#include "disk.h"
#include "frames.h"
#include "hardware.h"
#include "kernel.h"
#include "process.h"
#include "program.h"

/* A pointer of the user's is checked once; where it points to nothing the access faults, and the process is killed. */
static int is_user(word address, word bytes)
{
    return address >= USER_BASE && address <= USER_END && bytes <= USER_END - address;
}

static word call_exit(word status, word unused1, word unused2)
{
    (void)unused1, (void)unused2;
    process_exit(PROCESS_EXITED, (u32)status);
}

static word call_fork(word unused0, word unused1, word unused2)
{
    (void)unused0, (void)unused1, (void)unused2;
    u32 child = process_fork();
    return child ? child : (word)-1;
}

static word call_exec(word name, word argument, word unused2)
{
    (void)unused2;
    if (!is_user(name, PROGRAM_NAME_BYTES) || !is_user(argument, 1)) {
        return (word)-1;
    }
    word started = process_exec((const char *)name, (const char *)argument);
    return started ? started : (word)-1;
}

static word call_wait(word id, word status, word unused2)
{
    (void)unused2;
    if (!is_user(status, sizeof(u32))) {
        return (word)-1;
    }
    u32 value;
    int end = process_wait((u32)id, &value);
    if (end >= 0) {
        *(u32 *)status = value;
    }
    return (word)end;
}

static word call_yield(word unused0, word unused1, word unused2)
{
    (void)unused0, (void)unused1, (void)unused2;
    process_yield();
    return 0;
}

static word call_id(word unused0, word unused1, word unused2)
{
    (void)unused0, (void)unused1, (void)unused2;
    return process_current()->id;
}

static word call_sleep(word ticks, word unused1, word unused2)
{
    (void)unused1, (void)unused2;
    process_sleep(ticks);
    return 0;
}

static word call_print(word text, word unused1, word unused2)
{
    (void)unused1, (void)unused2;
    if (!is_user(text, 1)) {
        return (word)-1;
    }
    print((const char *)text);
    return 0;
}

static word call_map(word bytes, word flags, word unused2)
{
    (void)unused2;
    struct space *space = &process_current()->space;
    word unit = flags == MAP_LARGE ? LARGE_PAGE : PAGE_BYTES;
    bytes = (bytes + unit - 1) & ~(unit - 1);
    /* Where a large page has to begin at a multiple of its size, there is room to choose. */
    word start = bytes ? space_find_free(space, bytes + unit - PAGE_BYTES) : 0;
    start = (start + unit - 1) & ~(unit - 1);
    struct region region = {start, start + bytes, REGION_WRITABLE | (flags == MAP_SHARED ? REGION_SHARED : 0), 0};
    if (!start || space_add(space, region)) {
        return 0;
    }
    if (flags == MAP_SHARED) {
        space_populate(space, &region);
    }
    if (flags == MAP_LARGE) {
        space_populate_large(space, &region);
    }
    return start;
}

/* Whether it is a range of whole pages of the user's. */
static int are_user_pages(word address, word bytes)
{
    return is_user(address, bytes) && !((address | bytes) & PAGE_OFFSET);
}

static word call_unmap(word address, word bytes, word unused2)
{
    (void)unused2;
    return are_user_pages(address, bytes) ? (word)space_unmap(&process_current()->space, address, address + bytes)
                                          : (word)-1;
}

static word call_protect(word address, word bytes, word writable)
{
    return are_user_pages(address, bytes)
            ? (word)space_protect(&process_current()->space, address, address + bytes, writable != 0)
            : (word)-1;
}

static word call_region_begin(word number, word unused1, word unused2)
{
    (void)unused1, (void)unused2;
    region_of_interest_begin((u32)number);
    return 0;
}

static word call_region_end(word number, word unused1, word unused2)
{
    (void)unused1, (void)unused2;
    region_of_interest_end((u32)number);
    return 0;
}

static word call_poke(word address, word value, word override)
{
    if (!is_user(address, sizeof(u32))) {
        return (word)-1;
    }
    poke((u32 *)address, (u32)value, override != 0);
    return 0;
}

static word call_touch_free_memory(word pages, word stretch, word unused2)
{
    (void)unused2;
    return frames_touch_free(pages, stretch);
}

static word call_port_io(word rounds, word unused1, word unused2)
{
    (void)unused1, (void)unused2;
    return port_io((u32)rounds);
}

static word call_mmio(word rounds, word unused1, word unused2)
{
    (void)unused1, (void)unused2;
    return mmio((u32)rounds);
}

static word call_disk_sectors(word unused0, word unused1, word unused2)
{
    (void)unused0, (void)unused1, (void)unused2;
    return disk_sectors();
}

static word call_disk_read(word sector, word address, word unused2)
{
    (void)unused2;
    return is_user(address, SECTOR_BYTES) ? (word)disk_read((u32)sector, (void *)address) : (word)-1;
}

static word call_disk_write(word sector, word address, word unused2)
{
    (void)unused2;
    return is_user(address, SECTOR_BYTES) ? (word)disk_write((u32)sector, (const void *)address) : (word)-1;
}

#define SYSTEM_CALL_ROW(name) [CALL_##name] = call_##name,
static word (*const table[])(word, word, word) = {SYSTEM_CALLS(SYSTEM_CALL_ROW)};

void system_call(struct trap_frame *frame)
{
    if (frame->ax >= SYSTEM_CALL_COUNT) {
        frame->ax = (word)-1;
        return;
    }
#ifdef __x86_64__
    frame->ax = table[frame->ax](frame->di, frame->si, frame->dx);
#else
    frame->ax = table[frame->ax](frame->bx, frame->si, frame->di);
#endif
}
