#include "guest.h"
#include "start.h"

#define COM1 0x3f8
#define LINE_STATUS (COM1 + 5)
#define TRANSMITTER_EMPTY 0x20
#define EXIT_PORT 0xf4

/* 115200 baud, 8 bits, no parity, one stop bit; FIFO on; no interrupts: the guest polls. */
void serial_initialize(void)
{
    out8(COM1 + 1, 0x00);
    out8(COM1 + 3, 0x80);
    out8(COM1 + 0, 0x01);
    out8(COM1 + 1, 0x00);
    out8(COM1 + 3, 0x03);
    out8(COM1 + 2, 0x07);
    out8(COM1 + 4, 0x03);
}

static void print_character(char character)
{
    while (!(in8(LINE_STATUS) & TRANSMITTER_EMPTY)) {
    }
    out8(COM1, (u8)character);
}

void print(const char *text)
{
    while (*text) {
        print_character(*text++);
    }
}

void print_hex(u64 value, int digits)
{
    for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
        print_character("0123456789abcdef"[(value >> shift) & 15]);
    }
}

void print_decimal(u64 value)
{
    /* By subtraction of powers: 64-bit division would need the compiler's library in 32-bit code. */
    static const u64 powers[] = {
        10000000000000000000ull, 1000000000000000000ull, 100000000000000000ull, 10000000000000000ull,
        1000000000000000ull,
        100000000000000ull, 10000000000000ull, 1000000000000ull, 100000000000ull, 10000000000ull, 1000000000ull,
        100000000ull, 10000000ull, 1000000ull, 100000ull, 10000ull, 1000ull, 100ull, 10ull, 1ull,
    };
    int started = 0;
    for (unsigned i = 0; i < sizeof powers / sizeof powers[0]; i++) {
        int digit = 0;
        while (value >= powers[i]) {
            value -= powers[i];
            digit++;
        }
        started |= digit | (powers[i] == 1);
        if (started) {
            print_character((char)('0' + digit));
        }
    }
}

void guest_exit(u8 status)
{
    out8(EXIT_PORT, status);
    for (;;) {
        asm volatile("cli; hlt");
    }
}

/* SDM 3A "IDT Descriptors" and, for 64-bit mode, "64-Bit Mode IDT". */
struct gate {
    u16 offset_0_15;
    u16 selector;
    u8 stack_table;
    u8 type;
    u16 offset_16_31;
#ifdef __x86_64__
    u32 offset_32_63;
    u32 reserved;
#endif
};

#ifdef __x86_64__
#define CODE_SELECTOR CODE64_SELECTOR
#else
#define CODE_SELECTOR CODE32_SELECTOR
#endif

extern const word trap_stubs[32];
static struct gate gates[32];

void traps_initialize(void)
{
    for (int vector = 0; vector < 32; vector++) {
        word address = trap_stubs[vector];
        struct gate *gate = &gates[vector];
        gate->offset_0_15 = (u16)address;
        gate->selector = CODE_SELECTOR;
        gate->type = 0x8e; /* present, interrupt gate, privilege level 0 */
        gate->offset_16_31 = (u16)(address >> 16);
    }
    struct {
        u16 limit;
        word base;
    } __attribute__((packed)) pointer = {sizeof gates - 1, (word)gates};
    asm volatile("lidt %0" : : "m"(pointer) : "memory");
}

void trap_unexpected(const struct trap_frame *frame)
{
    print("unexpected exception ");
    print_decimal(frame->vector);
    print(" error ");
    print_hex(frame->error, 4);
    print(" at ");
    print_hex(frame->ip, 2 * sizeof(word));
    print(" CR2=");
    print_hex(read_cr2(), 2 * sizeof(word));
    print("\n");
    guest_exit(1);
}

#define COMMAND_LINE_VALID (1 << 2)

/* The rest of the word that begins with `name`, or 0. */
static const char *option_find(const struct multiboot_info *information, const char *name)
{
    if (!(information->flags & COMMAND_LINE_VALID)) {
        return 0;
    }
    const char *at = (const char *)(word)information->command_line;
    while (*at) {
        while (*at == ' ') {
            at++;
        }
        int i = 0;
        while (name[i] && at[i] == name[i]) {
            i++;
        }
        if (!name[i]) {
            return at + i;
        }
        while (*at && *at != ' ') {
            at++;
        }
    }
    return 0;
}

u64 option_value(const struct multiboot_info *information, const char *name, u64 otherwise)
{
    const char *at = option_find(information, name);
    if (!at || *at != '=') {
        return otherwise;
    }
    u64 value = 0;
    for (at++; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (u64)(*at - '0');
    }
    return value;
}

int option_present(const struct multiboot_info *information, const char *word_wanted)
{
    const char *at = option_find(information, word_wanted);
    return at && (*at == 0 || *at == ' ');
}

/* The compiler may call these two even in freestanding code. */
void *memset(void *destination, int value, unsigned long count);
void *memcpy(void *destination, const void *source, unsigned long count);

void *memset(void *destination, int value, unsigned long count)
{
    void *at = destination;
    asm volatile("rep stosb" : "+D"(at), "+c"(count) : "a"(value) : "memory");
    return destination;
}

void *memcpy(void *destination, const void *source, unsigned long count)
{
    void *at = destination;
    asm volatile("rep movsb" : "+D"(at), "+S"(source), "+c"(count) : : "memory");
    return destination;
}
