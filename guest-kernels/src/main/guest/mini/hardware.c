#include "hardware.h"
#include "layout.h"

/* A device of Thirdmode's boards; where it is missing, as under QEMU, nobody hears it. docs/guest-kernels.md. */
#define REGION_PORT_BEGIN 0x540
#define REGION_PORT_END 0x544

static void out32(u16 port, u32 value)
{
    asm volatile("outl %0, %1" : : "a"(value), "d"(port));
}

void region_of_interest_begin(u32 number)
{
    out32(REGION_PORT_BEGIN, number);
}

void region_of_interest_end(u32 number)
{
    out32(REGION_PORT_END, number);
}

#define CR0_WP 0x10000

void poke(volatile u32 *address, u32 value, int override)
{
    word cr0 = read_cr0();
    if (override) {
        write_cr0(cr0 & ~(word)CR0_WP);
    }
    *address = value;
    if (override) {
        write_cr0(cr0);
    }
}

/* 16550 "Scratchpad Register": a byte that the device keeps and does not look at. */
#define UART_SCRATCH 0x3ff
#define STRING_BYTES 16

u32 port_io(u32 rounds)
{
    u32 sum = 0;
    u8 bytes[STRING_BYTES], back[STRING_BYTES];
    for (u32 round = 0; round < rounds; round++) {
        out8(UART_SCRATCH, (u8)round);
        sum += in8(UART_SCRATCH);
        if (round % STRING_BYTES == 0) {
            for (u32 i = 0; i < STRING_BYTES; i++) {
                bytes[i] = (u8)(round / STRING_BYTES + i);
            }
            const u8 *from = bytes;
            u8 *to = back;
            u32 out_count = STRING_BYTES, in_count = STRING_BYTES;
            asm volatile("rep outsb" : "+S"(from), "+c"(out_count) : "d"(UART_SCRATCH) : "memory");
            asm volatile("rep insb" : "+D"(to), "+c"(in_count) : "d"(UART_SCRATCH) : "memory");
            for (u32 i = 0; i < STRING_BYTES; i++) {
                sum += back[i]; /* the last byte written, each time */
            }
        }
    }
    return sum;
}

/* SDM 3A "Interrupt Command Register (ICR)": writing the high half sends nothing. */
#define ICR_HIGH (*(volatile u32 *)(LOCAL_APIC + 0x310))

/* 82093AA datasheet: an index register and a window. The destination of the last of 24 inputs, which stays masked. */
#define IO_APIC_INDEX (*(volatile u32 *)(IO_APIC + 0x00))
#define IO_APIC_WINDOW (*(volatile u32 *)(IO_APIC + 0x10))
#define REDIRECTION_23_HIGH (0x10 + 2 * 23 + 1)

u32 mmio(u32 rounds)
{
    u32 sum = 0;
    for (u32 round = 0; round < rounds; round++) {
        ICR_HIGH = round << 24;
        sum += ICR_HIGH >> 24;
        IO_APIC_INDEX = REDIRECTION_23_HIGH;
        IO_APIC_WINDOW = ~round << 24;
        sum += IO_APIC_WINDOW >> 24;
    }
    return sum;
}
