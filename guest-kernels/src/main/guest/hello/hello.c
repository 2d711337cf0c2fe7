/*
 * hello32, hellopae and hello64: says hello from its mode, then checks a little of the machine it runs on.
 *
 * The mode is chosen at build time: HELLO_PAGING is 32 (two levels, 4 MiB identity pages by CR4.PSE), 36 (PAE, three
 * levels, 2 MiB pages) or 48 (four levels, long mode). Every image maps the first 64 MiB to themselves with large pages
 * and keeps one page table of 4 KiB pages at 1 GiB, empty at first, on which the page-fault checks play.
 */
#include "guest.h"

#if HELLO_PAGING == 32
typedef u32 entry;
#define GREETING "Hello from 32-bit protected mode: two-level paging, 4 MiB pages.\n"
#define LARGE_PAGE 0x400000u
#define ADDRESS_DIGITS 8
#else
typedef u64 entry;
#define LARGE_PAGE 0x200000u
#if HELLO_PAGING == 36
#define GREETING "Hello from 32-bit protected mode: PAE paging, three levels, 2 MiB pages.\n"
#define ADDRESS_DIGITS 8
#else
#define GREETING "Hello from 64-bit long mode: 4-level paging, 2 MiB pages.\n"
#define ADDRESS_DIGITS 16
#endif
#endif

#define PRESENT 0x1u
#define WRITABLE 0x2u
#define ACCESSED 0x20u
#define DIRTY 0x40u
#define PAGE_SIZE_BIT 0x80u
#define NO_EXECUTE (1ull << 63)
#define IDENTITY_BYTES 0x4000000u
#define WINDOW 0x40000000u
#define ENTRIES (4096 / sizeof(entry))

#define EFER_NXE 0x800u

static entry directory[ENTRIES] __attribute__((aligned(4096)));
static entry window_table[ENTRIES] __attribute__((aligned(4096)));
static u8 window_frame[4096] __attribute__((aligned(4096)));
#if HELLO_PAGING != 32
static entry window_directory[ENTRIES] __attribute__((aligned(4096)));
static entry directory_pointers[ENTRIES] __attribute__((aligned(4096)));
#endif
#if HELLO_PAGING == 48
static entry pml4[ENTRIES] __attribute__((aligned(4096)));
#endif

static void paging_initialize(void)
{
    for (u32 address = 0; address < IDENTITY_BYTES; address += LARGE_PAGE) {
        directory[address / LARGE_PAGE] = address | PAGE_SIZE_BIT | WRITABLE | PRESENT;
    }
#if HELLO_PAGING == 32
    directory[WINDOW / LARGE_PAGE] = (entry)(word)window_table | WRITABLE | PRESENT;
    write_cr4(0x10); /* PSE */
    write_cr3((word)directory);
#else
    window_directory[0] = (entry)(word)window_table | WRITABLE | PRESENT;
#if HELLO_PAGING == 36
    /* SDM 3A "PAE Paging": the four directory-pointer entries have no writable bit, and are loaded with CR3. */
    directory_pointers[0] = (entry)(word)directory | PRESENT;
    directory_pointers[1] = (entry)(word)window_directory | PRESENT;
    write_msr(MSR_EFER, EFER_NXE);
    write_cr4(0x20); /* PAE */
    write_cr3((word)directory_pointers);
#else
    directory_pointers[0] = (entry)(word)directory | WRITABLE | PRESENT;
    directory_pointers[1] = (entry)(word)window_directory | WRITABLE | PRESENT;
    pml4[0] = (entry)(word)directory_pointers | WRITABLE | PRESENT;
    write_cr3((word)pml4); /* start.S has set EFER.LME, EFER.NXE and CR4.PAE on the way here */
#endif
#endif
    write_cr0(0x80010033); /* PG, WP, NE, ET, MP, PE */
}

static int failures;
static volatile u32 faults;
static volatile word fault_address;
static volatile word fault_error;

static void check(const char *what, int holds)
{
    print(what);
    print(holds ? ": ok\n" : ": WRONG\n");
    failures += !holds;
}

static entry *window_entry(word address)
{
    return &window_table[(address >> 12) % ENTRIES];
}

/* Each page fault is repaired one step at a time, so the faulting instruction is restarted and then succeeds. */
static void page_fault(struct trap_frame *frame)
{
    faults++;
    fault_address = read_cr2();
    fault_error = frame->error;
    entry *at = window_entry(fault_address);
    if (fault_address - WINDOW >= 4096 * ENTRIES) {
        trap_unexpected(frame);
    }
    if (frame->error == 0) {
        *at = (entry)(word)window_frame | PRESENT;
#if HELLO_PAGING != 32
        *at |= NO_EXECUTE;
    } else if (frame->error == 0x11) {
        *at &= ~NO_EXECUTE;
        invalidate_page(fault_address);
#endif
    } else if (frame->error == 0x3) {
        *at |= WRITABLE;
        invalidate_page(fault_address);
    } else {
        trap_unexpected(frame);
    }
}

void trap(struct trap_frame *frame)
{
    switch (frame->vector) {
    case TRAP_PAGE_FAULT:
        page_fault(frame);
        break;
    case TRAP_DIVIDE_ERROR:
    case TRAP_UNDEFINED_OPCODE:
        faults++;
        frame->ip += 2; /* both test instructions are two bytes long; the saved pointer is the instruction itself */
        break;
    case TRAP_BREAKPOINT:
        faults++; /* a trap: the saved pointer is already behind the instruction */
        break;
    default:
        trap_unexpected(frame);
    }
}

/* Whether exactly one more page fault came, with this error code and this address. */
static int faulted_once(u32 before, word error, word address)
{
    return faults == before + 1 && fault_error == error && fault_address == address;
}

static void check_page_faults(void)
{
    volatile u32 *data = (volatile u32 *)(WINDOW + 0x3124);
    volatile u32 *frame = (volatile u32 *)(window_frame + 0x124);
    *frame = 0x600dda7a;

    u32 before = faults;
    u32 value = *data;
    check("#PF, page not present, read", faulted_once(before, 0, (word)data) && value == 0x600dda7a);
    check("Accessed set, Dirty clear after a read", (*window_entry((word)data) & (ACCESSED | DIRTY)) == ACCESSED);

    before = faults;
    *data = 0x12345678;
    check("#PF, read-only page, write with CR0.WP", faulted_once(before, 3, (word)data));
    check("the write reached memory", *frame == 0x12345678);
    check("Dirty set after the write", (*window_entry((word)data) & (ACCESSED | DIRTY)) == (ACCESSED | DIRTY));

#if HELLO_PAGING != 32
    word code = WINDOW + 0x3800;
    *(volatile u8 *)(window_frame + 0x800) = 0xc3; /* RET */
    before = faults;
    ((void (*)(void))code)();
    check("#PF, instruction fetch from an execute-disabled page", faulted_once(before, 0x11, code));
#endif
}

static void check_exceptions(void)
{
    u32 before = faults;
    word quotient = 100, remainder = 0;
    asm volatile("divl %2" : "+a"(quotient), "+d"(remainder) : "c"(0));
    check("#DE, divide by zero", faults == before + 1 && quotient == 100);

    before = faults;
    asm volatile("ud2");
    check("#UD, undefined opcode", faults == before + 1);

    before = faults;
    asm volatile("int3");
    check("#BP, breakpoint", faults == before + 1);
}

static u32 crc32(const char *text)
{
    u32 remainder = 0xffffffff;
    for (; *text; text++) {
        remainder ^= (u8)*text;
        for (int bit = 0; bit < 8; bit++) {
            remainder = (remainder >> 1) ^ (0xedb88320 & -(remainder & 1));
        }
    }
    return ~remainder;
}

static u32 primes_below(u32 limit)
{
    static u8 composite[100000];
    u32 count = 0;
    for (u32 candidate = 2; candidate < limit; candidate++) {
        if (composite[candidate]) {
            continue;
        }
        count++;
        for (u32 multiple = 2 * candidate; multiple < limit; multiple += candidate) {
            composite[multiple] = 1;
        }
    }
    return count;
}

static u32 ackermann(u32 m, u32 n)
{
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static void check_arithmetic(void)
{
    u32 primes = primes_below(100000);
    print("primes below 100000 = ");
    print_decimal(primes);
    check("", primes == 9592);

    u32 remainder = crc32("123456789");
    print("CRC-32 of \"123456789\" = ");
    print_hex(remainder, 8);
    check("", remainder == 0xcbf43926);

    u32 reached = ackermann(2, 40);
    print("Ackermann(2, 40) = ");
    print_decimal(reached);
    check("", reached == 83);
}

int guest_main(u32 magic, const struct multiboot_info *information)
{
    (void)information;
    serial_initialize();
    traps_initialize();
    paging_initialize();

    print(GREETING);
    print("CR0=");
    print_hex(read_cr0(), ADDRESS_DIGITS);
    print(" CR3=");
    print_hex(read_cr3(), ADDRESS_DIGITS);
    print(" CR4=");
    print_hex(read_cr4(), ADDRESS_DIGITS);
    print(" EFER=");
    print_hex(read_msr(MSR_EFER), 16);
    print("\n");

    check("started by a multiboot loader", magic == 0x2badb002);
    check_arithmetic();
    check_page_faults();
    check_exceptions();
    print(failures ? "Something is WRONG.\n" : "All is well. Goodbye.\n");
    return failures != 0;
}
