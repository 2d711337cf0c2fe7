/* What every guest shares: ports, printing over the serial port, control registers, exceptions, the command line. */
#ifndef THIRDMODE_GUEST_H
#define THIRDMODE_GUEST_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned long word; /* as wide as an address: 32 or 64 bits */

struct multiboot_info {
    u32 flags;
    u32 memory_lower;
    u32 memory_upper;
    u32 boot_device;
    u32 command_line;
    u32 modules_count, modules;
    u32 symbols[4];
    u32 memory_map_bytes, memory_map;
};

/* One range of the memory map; the next one begins `size` bytes behind the field of that name. */
struct multiboot_range {
    u32 size;
    u64 base, bytes;
    u32 type;
} __attribute__((packed));

struct trap_frame {
#ifdef __x86_64__
    word r15, r14, r13, r12, r11, r10, r9, r8, di, si, bp, bx, dx, cx, ax;
#else
    word di, si, bp, sp_at_pusha, bx, dx, cx, ax;
#endif
    word vector, error, ip, cs, flags;
};

#define TRAP_DIVIDE_ERROR 0
#define TRAP_BREAKPOINT 3
#define TRAP_UNDEFINED_OPCODE 6
#define TRAP_PAGE_FAULT 14

/* The image's own: the value it returns goes to the exit port. */
int guest_main(u32 magic, const struct multiboot_info *information);

/* The image's own: called for every exception; returning resumes at frame->ip. */
void trap(struct trap_frame *frame);

void serial_initialize(void);
void print(const char *text);
void print_hex(u64 value, int digits);
void print_decimal(u64 value);
void traps_initialize(void);
void guest_exit(u8 status) __attribute__((noreturn));

/* Says which exception nobody expected and leaves with status 1. */
void trap_unexpected(const struct trap_frame *frame) __attribute__((noreturn));

/* The value of "name=<decimal>" in the multiboot command line, or `otherwise`. */
u64 option_value(const struct multiboot_info *information, const char *name, u64 otherwise);

/* Whether the word stands in the multiboot command line. */
int option_present(const struct multiboot_info *information, const char *word_wanted);

static inline void out8(u16 port, u8 value)
{
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline u8 in8(u16 port)
{
    u8 value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

#define CONTROL_REGISTER(name)                                              \
    static inline word read_##name(void)                                    \
    {                                                                       \
        word value;                                                         \
        asm volatile("mov %%" #name ", %0" : "=r"(value) : : "memory");     \
        return value;                                                       \
    }                                                                       \
    static inline void write_##name(word value)                             \
    {                                                                       \
        asm volatile("mov %0, %%" #name : : "r"(value) : "memory");         \
    }
CONTROL_REGISTER(cr0)
CONTROL_REGISTER(cr2)
CONTROL_REGISTER(cr3)
CONTROL_REGISTER(cr4)

#define MSR_EFER 0xc0000080

static inline u64 read_msr(u32 index)
{
    u32 low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(index));
    return ((u64)high << 32) | low;
}

static inline void write_msr(u32 index, u64 value)
{
    asm volatile("wrmsr" : : "c"(index), "a"((u32)value), "d"((u32)(value >> 32)) : "memory");
}

static inline void invalidate_page(word address)
{
    asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static inline u64 time_stamp(void)
{
    u32 low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return ((u64)high << 32) | low;
}

#endif
