/*
 * A workload: a function with parameters, which does its work inside the region of interest 1, returns a checksum and
 * ends the run where its self-check fails. The checksum depends on the parameters alone: not on time, not on paging.
 */
#ifndef MINI_WORKLOAD_H
#define MINI_WORKLOAD_H

#include "user.h"

#define PARAMETERS 3

struct parameter {
    const char *name; /* 0 behind the last one */
    u32 value;        /* when the command line does not say */
    u32 most;         /* the least is 1 */
};

struct workload {
    const char *name, *description;
    struct parameter parameters[PARAMETERS];
    u32 (*run)(const u32 *values); /* in the order of the parameters */
};

/* How a working set is mapped that no fork shares: MAP_PRIVATE, or with large=1 MAP_LARGE. */
extern u32 working_set_flags;

/* The region of interest of every workload. */
#define REGION 1

/* The limits of parameters: what 32-bit arithmetic and the kernel's tables hold. */
#define MOST_ROUNDS 100000000
#define MOST_PAGES 0x40000
#define MOST_PROCESSES 64
#define MOST_MEGABYTES 0x100000
#define MOST_FEW_PAGES 0x1000000

/* Ends the run unless both are equal. */
void expect(const char *what, u32 found, u32 expected);

u32 workload_syscall(const u32 *values);
u32 workload_switch(const u32 *values);
u32 workload_preempt(const u32 *values);
u32 workload_fork(const u32 *values);
u32 workload_exec(const u32 *values);
u32 workload_mmap(const u32 *values);
u32 workload_cow(const u32 *values);
u32 workload_fault(const u32 *values);
u32 workload_gups(const u32 *values);
u32 workload_chase(const u32 *values);
u32 workload_sequential(const u32 *values);
u32 workload_sparse(const u32 *values);
u32 workload_ram(const u32 *values);
u32 workload_compile(const u32 *values);
u32 workload_port(const u32 *values);
u32 workload_mmio(const u32 *values);
u32 workload_disk(const u32 *values);
u32 workload_wp(const u32 *values);
u32 workload_idle(const u32 *values);

#endif
