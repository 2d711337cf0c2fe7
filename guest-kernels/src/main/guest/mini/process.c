#include "process.h"
#include "descriptors.h"
#include "frames.h"
#include "kernel.h"
#include "program.h"
#include "selectors.h"
#include "timer.h"

static struct process processes[PROCESSES];
static struct process *const idle = &processes[0];
static struct process *current = &processes[0];
static struct process *ready_first, *ready_last;
static u64 quantum_began;
static u32 last_id;

/* What switch_stacks pops: the callee-saved registers of the width, then it returns. */
#define SAVED_REGISTERS (sizeof(word) == 8 ? 6 : 4)
void switch_stacks(word *save, word load);

struct process *process_current(void)
{
    return current == idle ? 0 : current;
}

/* ---- the ready queue ---- */

static void make_ready(struct process *process)
{
    process->state = PROCESS_READY;
    process->next_ready = 0;
    if (ready_first) {
        ready_last->next_ready = process;
    } else {
        ready_first = process;
    }
    ready_last = process;
}

/* Gives the processor to the first in the queue; returns when the caller's turn comes again. */
static void schedule(void)
{
    struct process *previous = current, *next = ready_first;
    if (next) {
        ready_first = next->next_ready;
    } else {
        next = idle;
    }
    quantum_began = timer_ticks();
    if (next == previous) {
        return;
    }
    current = next;
    if (next != idle) {
        descriptors_set_kernel_stack((word)next->kernel_stack + PAGE_BYTES);
        space_activate(&next->space);
    } /* process 0 needs no user memory: it borrows the tables of who ran before */
    switch_stacks(&previous->stack_pointer, next->stack_pointer);
}

void process_yield(void)
{
    make_ready(current);
    schedule();
}

int process_quantum_is_over(void)
{
    return timer_ticks() != quantum_began;
}

void process_sleep(u64 ticks)
{
    current->wake_at = timer_ticks() + ticks;
    current->state = PROCESS_SLEEPING;
    schedule();
}

void process_wake_sleepers(void)
{
    for (struct process *process = processes + 1; process < processes + PROCESSES; process++) {
        if (process->state == PROCESS_SLEEPING && process->wake_at <= timer_ticks()) {
            make_ready(process);
        }
    }
}

/* ---- birth ---- */

static struct user_frame *user_frame(const struct process *process)
{
    return (struct user_frame *)(process->kernel_stack + PAGE_BYTES) - 1;
}

static struct process *create(void)
{
    struct process *process = processes + 1;
    while (process->state != PROCESS_FREE) {
        if (++process == processes + PROCESSES) {
            return 0;
        }
    }
    process->id = ++last_id;
    process->parent = current;
    process->kernel_stack = frame_allocate();
    space_create(&process->space, process->kernel_stack);
    return process;
}

/* Lets the process begin as if it had been interrupted in user mode and were now about to return there. */
static void begin(struct process *process)
{
    word *stack = (word *)user_frame(process);
    *--stack = (word)trap_return;
    for (unsigned i = 0; i < SAVED_REGISTERS; i++) {
        *--stack = 0;
    }
    process->stack_pointer = (word)stack;
    make_ready(process);
}

u32 process_fork(void)
{
    struct process *child = create();
    if (!child) {
        return 0;
    }
    space_fork(&child->space, &current->space);
    *user_frame(child) = *user_frame(current);
    user_frame(child)->trap.ax = 0;
    begin(child);
    return child->id;
}

#define FLAGS_IF 0x200
#define FLAGS_ALWAYS_1 0x002

static void enter_program(struct user_frame *frame, const struct loaded_program *loaded)
{
    frame->trap.ip = loaded->entry;
    frame->trap.cs = USER_CODE;
    frame->trap.flags = FLAGS_IF | FLAGS_ALWAYS_1;
    frame->trap.ax = loaded->argument;
    frame->sp = loaded->stack;
    frame->ss = USER_DATA;
}

word process_exec(const char *name, const char *argument)
{
    const struct program *program = program_find(name);
    if (!program) {
        return 0;
    }
    char kept[PROGRAM_ARGUMENT_BYTES]; /* the argument stands in memory that is about to go */
    program_copy_argument(kept, argument);
    space_leave();
    space_destroy(&current->space);
    space_create(&current->space, current->kernel_stack);
    space_activate(&current->space);
    struct loaded_program loaded = program_load(&current->space, program, kept);
    enter_program(user_frame(current), &loaded);
    return loaded.argument;
}

/* ---- death ---- */

static void bury(struct process *process)
{
    frame_release(process->kernel_stack);
    process->state = PROCESS_FREE;
}

void process_exit(enum process_end end, u32 status)
{
    space_leave();
    space_destroy(&current->space);
    for (struct process *child = processes + 1; child < processes + PROCESSES; child++) {
        if (child->state != PROCESS_FREE && child->parent == current) {
            child->parent = idle;
        }
    }
    current->end = end;
    current->status = status;
    current->state = PROCESS_ZOMBIE; /* its stack is still in use: who waits for it frees that */
    if (current->parent->state == PROCESS_WAITING) {
        make_ready(current->parent);
    }
    schedule();
    panic("a process has come back from its end", STATUS_WRONG);
}

int process_wait(u32 id, u32 *status)
{
    struct process *child = processes + 1;
    while (child->state == PROCESS_FREE || child->id != id || child->parent != current) {
        if (++child == processes + PROCESSES) {
            return -1;
        }
    }
    while (child->state != PROCESS_ZOMBIE) {
        current->state = PROCESS_WAITING; /* for any child: the loop looks whether it was this one */
        schedule();
    }
    int end = (int)child->end;
    *status = child->status;
    bury(child);
    return end;
}

/* ---- process 0 ---- */

/* Buries whose parent is gone; whether anyone is left. */
static int anyone_left(void)
{
    int left = 0;
    for (struct process *process = processes + 1; process < processes + PROCESSES; process++) {
        if (process->state == PROCESS_ZOMBIE && process->parent == idle && process->id != 1) {
            bury(process);
        }
        left |= process->state != PROCESS_FREE && process->state != PROCESS_ZOMBIE;
    }
    return left;
}

u32 process_run_all(const char *name, const char *argument)
{
    struct process *first = create();
    space_activate(&first->space);
    struct loaded_program loaded = program_load(&first->space, program_find(name), argument);
    enter_program(user_frame(first), &loaded);
    begin(first);
    while (anyone_left()) {
        if (!ready_first) {
            asm volatile("sti; hlt; cli" : : : "memory"); /* all sleep: the timer wakes one */
        }
        schedule();
    }
    u32 status = first->end == PROCESS_EXITED ? first->status : STATUS_WRONG;
    bury(first);
    return status;
}
