/* What a workload does to the machine that only the kernel may do. */
#ifndef MINI_HARDWARE_H
#define MINI_HARDWARE_H

#include "guest.h"

/* Tells the machine that a region of interest begins or ends (0 to 15): it keeps counts for each. */
void region_of_interest_begin(u32 number);
void region_of_interest_end(u32 number);

/* Writes *address, with CR0.WP clear where `override` is set: then a read-only page does not stop the kernel. */
void poke(volatile u32 *address, u32 value, int override);

/* Writes and reads a port, by single instructions and by strings; returns the sum of what was read. */
u32 port_io(u32 rounds);

/* Writes and reads registers of the local APIC and of the I/O APIC; returns the sum of what was read. */
u32 mmio(u32 rounds);

#endif
