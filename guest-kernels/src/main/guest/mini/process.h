/*
 * Processes: an address space, a kernel stack and a place in the ready queue. One runs, until it waits, yields, ends or
 * has used up its quantum; the kernel itself is never preempted, so it needs no locks.
 *
 * The boot stack goes on as process 0, which is no process: it runs when no other can (process_run_all).
 */
#ifndef MINI_PROCESS_H
#define MINI_PROCESS_H

#include "space.h"
#include "traps.h"

enum process_state { PROCESS_FREE, PROCESS_READY, PROCESS_SLEEPING, PROCESS_WAITING, PROCESS_ZOMBIE };

/* How a process ended. */
enum process_end { PROCESS_EXITED, PROCESS_KILLED };

struct process {
    enum process_state state;
    u32 id;
    struct process *parent;
    u8 *kernel_stack;   /* a page; its top holds the user's registers */
    word stack_pointer; /* into it, while another process runs */
    struct space space;
    u64 wake_at;        /* the tick that ends a sleep */
    enum process_end end;
    u32 status;
    struct process *next_ready;
};

/* 64 processes and the one that made them, with room to spare. */
#define PROCESSES 72

/* The running process; 0 while it is process 0. */
struct process *process_current(void);

/* Creates the first process, from a program, and runs until none is left. Returns the status of the first. */
u32 process_run_all(const char *program, const char *argument);

/* The id of the child, or 0 where there are too many. The child returns from the same system call with 0. */
u32 process_fork(void);

/* Replaces the program of the running process; returns 0 where there is none of that name. Otherwise the address of the
   argument in the new program's memory, which the new program finds in AX. */
word process_exec(const char *program, const char *argument);

void process_exit(enum process_end end, u32 status) __attribute__((noreturn));

/* Waits for a child to end; returns how, and its status. -1: there is no such child. */
int process_wait(u32 id, u32 *status);

void process_yield(void);
void process_sleep(u64 ticks);

/* The timer's part. */
void process_wake_sleepers(void);
int process_quantum_is_over(void);

#endif
