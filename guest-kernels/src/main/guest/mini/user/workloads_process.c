/* Workloads of processes: system calls, switches, fork, exec, compile, idle. */
#include "compile.h"
#include "workload.h"

u32 workload_syscall(const u32 *values)
{
    u32 rounds = values[0], sum = 0;
    u32 own = (u32)call0(id);
    call1(region_begin, REGION);
    for (u32 round = 0; round < rounds; round++) {
        sum += (u32)call0(id) + round;
        sum += (u32)call_by_interrupt(CALL_id, 0, 0, 0) ^ own;
    }
    call1(region_end, REGION);
    sum -= rounds * own;
    expect("the sum of the rounds", sum, rounds % 2 ? rounds * ((rounds - 1) / 2) : rounds / 2 * (rounds - 1));
    return sum;
}

/* ---- switch ---- */

struct ring {
    u32 number, rounds, pages;
    u32 *handovers; /* one word that all share */
};

static u32 ring_member(const void *context)
{
    const struct ring *ring = context;
    u32 *own = map_pages(ring->pages, MAP_PRIVATE);
    for (u32 round = 0; round < ring->rounds; round++) {
        for (u32 page = 0; page < ring->pages; page++) {
            own[page * (PAGE_BYTES / 4)] += ring->number + 1;
        }
        __atomic_fetch_add(ring->handovers, 1, __ATOMIC_SEQ_CST);
        call0(yield);
    }
    u32 sum = 0;
    for (u32 page = 0; page < ring->pages; page++) {
        sum += own[page * (PAGE_BYTES / 4)];
    }
    return sum;
}

u32 workload_switch(const u32 *values)
{
    u32 processes = values[0], rounds = values[1], pages = values[2];
    u32 children[MOST_PROCESSES], sum = 0;
    u32 *handovers = map_pages(1, MAP_SHARED);
    call1(region_begin, REGION);
    for (u32 i = 0; i < processes; i++) {
        struct ring ring = {i, rounds, pages, handovers};
        children[i] = fork_child(ring_member, &ring);
    }
    for (u32 i = 0; i < processes; i++) {
        u32 status = wait_for(children[i]);
        expect("what a process has counted", status, pages * rounds * (i + 1));
        sum = sum * 31 + status;
    }
    call1(region_end, REGION);
    expect("hand-overs", *handovers, processes * rounds);
    return sum + *handovers;
}

/* ---- preempt: each process spins until its successor has had its turn, so only the timer lets it have one ---- */

struct turn {
    u32 number, processes;
    volatile u32 *turn;
};

static u32 turn_taker(const void *context)
{
    const struct turn *turn = context;
    while (*turn->turn != turn->processes - 1 - turn->number) {
    }
    *turn->turn += 1;
    return turn->number;
}

u32 workload_preempt(const u32 *values)
{
    u32 processes = values[0], children[MOST_PROCESSES], sum = 0;
    volatile u32 *turns = map_pages(1, MAP_SHARED);
    call1(region_begin, REGION);
    for (u32 i = 0; i < processes; i++) {
        struct turn turn = {i, processes, turns};
        children[i] = fork_child(turn_taker, &turn);
    }
    for (u32 i = 0; i < processes; i++) {
        sum = sum * 31 + wait_for(children[i]);
    }
    call1(region_end, REGION);
    expect("turns", *turns, processes);
    return sum + *turns;
}

/* ---- fork ---- */

struct birth {
    u32 value, pages;
    u32 *shared_until_written;
};

static u32 short_life(const void *context)
{
    const struct birth *birth = context;
    u32 sum = 0;
    for (u32 page = 0; page < birth->pages; page++) {
        u32 *word = &birth->shared_until_written[page * (PAGE_BYTES / 4)];
        *word += birth->value;
        sum += *word;
    }
    return sum;
}

u32 workload_fork(const u32 *values)
{
    u32 processes = values[0], rounds = values[1], pages = values[2];
    u32 children[MOST_PROCESSES], sum = 0;
    u32 *memory = map_pages(pages, MAP_PRIVATE);
    for (u32 page = 0; page < pages; page++) {
        memory[page * (PAGE_BYTES / 4)] = page;
    }
    u32 before = pages % 2 ? pages * ((pages - 1) / 2) : pages / 2 * (pages - 1);
    call1(region_begin, REGION);
    for (u32 round = 0; round < rounds; round++) {
        for (u32 i = 0; i < processes; i++) {
            struct birth birth = {round + i, pages, memory};
            children[i] = fork_child(short_life, &birth);
        }
        for (u32 i = 0; i < processes; i++) {
            u32 status = wait_for(children[i]);
            expect("what a child has added", status, before + pages * (round + i));
            sum = sum * 31 + status;
        }
    }
    call1(region_end, REGION);
    for (u32 page = 0; page < pages; page++) {
        expect("the parent's page", memory[page * (PAGE_BYTES / 4)], page);
    }
    return sum;
}

/* ---- exec ---- */

static u32 become_true(const void *context)
{
    call2(exec, "true", context);
    return 0;
}

u32 workload_exec(const u32 *values)
{
    u32 rounds = values[0], sum = 0;
    call1(region_begin, REGION);
    for (u32 round = 0; round < rounds; round++) {
        char argument[] = "status=00000000";
        for (u32 i = 0, rest = round; i < 8; i++, rest /= 10) {
            argument[sizeof argument - 2 - i] += (char)(rest % 10);
        }
        u32 status = wait_for(fork_child(become_true, argument));
        expect("the status of true", status, 3 * round + 1);
        sum = sum * 31 + status;
    }
    call1(region_end, REGION);
    return sum;
}

/* ---- compile ---- */

static u32 run_cc(const void *context)
{
    call2(exec, "cc", context);
    return 0;
}

static void put_number(char *end, u32 value)
{
    for (int i = 0; i < 8; i++, value /= 10) {
        *--end = (char)('0' + value % 10);
    }
}

/* Starts a compiler for each unit, `processes` at a time, then compiles all units once more by itself to compare. */
u32 workload_compile(const u32 *values)
{
    u32 processes = values[0], units = values[1], bytes = values[2];
    u32 children[MOST_PROCESSES], sum = 0, again = 0;
    call1(region_begin, REGION);
    for (u32 first = 0; first < units; first += processes) {
        u32 batch = units - first < processes ? units - first : processes;
        for (u32 i = 0; i < batch; i++) {
            char argument[] = "unit=00000000 bytes=00000000";
            put_number(argument + 13, first + i);
            put_number(argument + sizeof argument - 1, bytes);
            children[i] = fork_child(run_cc, argument);
        }
        for (u32 i = 0; i < batch; i++) {
            sum = sum * 31 + wait_for(children[i]);
        }
    }
    call1(region_end, REGION);
    for (u32 unit = 0; unit < units; unit++) {
        again = again * 31 + compile_unit(unit, bytes);
    }
    expect("the units compiled again", sum, again);
    return sum;
}

/* ---- idle ---- */

u32 workload_idle(const u32 *values)
{
    u32 rounds = values[0], sum = 0;
    call1(region_begin, REGION);
    for (u32 round = 0; round < rounds; round++) {
        sum += (u32)call1(sleep, 1) + round;
    }
    call1(region_end, REGION);
    expect("the sum of the rounds", sum, rounds % 2 ? rounds * ((rounds - 1) / 2) : rounds / 2 * (rounds - 1));
    return sum;
}
