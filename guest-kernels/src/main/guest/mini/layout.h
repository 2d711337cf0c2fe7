/*
 * The linear address space of every process, in the three ways of paging. PAGING is 32 (two levels), 36 (PAE, three
 * levels) or 48 (long mode, four levels).
 *
 *   32-bit and PAE               64-bit                         who   what
 *   00000000 .. RAM, < 1 GiB     0 .. RAM, < 64 GiB             S     RAM at its own addresses: the direct map
 *   40000000                     80_00000000                    U     the program: text, data, bss
 *   4ff00000 .. 4fffffff         80_0ff00000 .. 80_0fffffff     U     the stack
 *   50000000 .. bfffffff         80_10000000 .. 4080_00000000   U     what mmap gives
 *   fec00000 .. feffffff         fec00000 .. feffffff           S     I/O APIC and local APIC
 *
 * The border between user and supervisor lies between two entries of the top table in all three ways, so that a process
 * shares the kernel's part by copying entries of one table.
 *
 * Since RAM stands at its own addresses, a physical address is a pointer: the kernel writes to a page table as it
 * writes to anything else.
 */
#ifndef MINI_LAYOUT_H
#define MINI_LAYOUT_H

#define PAGE_BYTES 4096ul
#define PAGE_OFFSET (PAGE_BYTES - 1)

#define DEVICES 0xfec00000ul
#define IO_APIC 0xfec00000ul
#define LOCAL_APIC 0xfee00000ul
#define DEVICES_END 0xff000000ul

#if PAGING == 48
#define DIRECT_MAP_END 0x1000000000ull
#define USER_BASE 0x8000000000ul
#define USER_END 0x408000000000ul
#else
#define DIRECT_MAP_END 0x40000000ul
#define USER_BASE 0x40000000ul
#define USER_END 0xc0000000ul
#endif

#define STACK_TOP (USER_BASE + 0x10000000ul)
#define STACK_BYTES 0x100000ul
#define MMAP_BASE STACK_TOP

#endif
