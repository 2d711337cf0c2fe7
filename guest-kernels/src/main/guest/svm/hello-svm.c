/*
 * hello-svm: the smallest hypervisor that is one. It enables SVM, fills one VMCB, runs a guest of a few instructions and
 * handles its exits: OUT prints a character, VMMCALL a string, CPUID answers with a vendor of our own, HLT ends the guest.
 *
 * The guest runs at privilege level 0 in 64-bit mode with the host's own page tables, where the processor has nested
 * paging beneath an identity of the first 64 MiB. APM 2 "Enabling SVM", "Basic Operation", Appendix B "Layout of VMCB".
 */
#include "guest.h"
#include "start.h"

#define MSR_VM_CR 0xc0010114
#define MSR_VM_HSAVE_PA 0xc0010117
#define EFER_SVME 0x1000u
#define VM_CR_SVMDIS 0x10u

#define EXIT_CPUID 0x72
#define EXIT_HLT 0x78
#define EXIT_IOIO 0x7b
#define EXIT_VMMCALL 0x81
#define EXIT_INVALID (~0ull)

/* Bits of the vectors at 00CH and 010H. */
#define INTERCEPT_CPUID (1u << 18)
#define INTERCEPT_HLT (1u << 24)
#define INTERCEPT_IOIO_PROT (1u << 27)
#define INTERCEPT_SHUTDOWN (1u << 31)
#define INTERCEPT_VMRUN 0x1u
#define INTERCEPT_VMMCALL 0x2u

#define FLAT_CODE 0xa9b /* G, L, present, code, readable, accessed */
#define FLAT_DATA 0xc93

#define LARGE_PAGE 0x200000u
#define IDENTITY_BYTES 0x4000000u
#define USER_PAGE 0x7u /* nested accesses are user accesses: U/S, R/W, P */
#define PAGE_SIZE_BIT 0x80u

struct segment {
    u16 selector, attributes;
    u32 limit;
    u64 base;
};

/* What is used of a VMCB; the rest stays zero. */
struct vmcb {
    u32 intercept_registers[3];
    u32 intercept_misc1;
    u32 intercept_misc2;
    u8 reserved1[0x040 - 0x014];
    u64 iopm_base;
    u64 msrpm_base;
    u64 tsc_offset;
    u32 asid;
    u32 tlb_control;
    u8 reserved2[0x070 - 0x060];
    u64 exit_code;
    u64 exit_info1;
    u64 exit_info2;
    u64 exit_interrupt_info;
    u64 nested_control;
    u8 reserved3[0x0b0 - 0x098];
    u64 nested_cr3;
    u8 reserved4[0x400 - 0x0b8];
    struct segment es, cs, ss, ds, fs, gs, gdtr, ldtr, idtr, tr;
    u8 reserved5[0x4cb - 0x4a0];
    u8 cpl;
    u8 reserved6[4];
    u64 efer;
    u8 reserved7[0x548 - 0x4d8];
    u64 cr4, cr3, cr0, dr7, dr6, rflags, rip;
    u8 reserved8[0x5d8 - 0x580];
    u64 rsp;
    u8 reserved9[0x5f8 - 0x5e0];
    u64 rax;
    u8 reserved10[0x668 - 0x600];
    u64 guest_pat;
    u8 reserved11[0x1000 - 0x670];
};
_Static_assert(sizeof(struct vmcb) == 4096, "a VMCB is a page");

/* The guest's general registers but RAX and RSP while the host runs; hello-svm-switch.S knows the order. */
struct registers {
    word cx, dx, bx, bp, si, di, r8, r9, r10, r11, r12, r13, r14, r15;
};

extern struct registers svm_registers;
extern const char svm_guest_start[];

/* VMRUN; comes back after the #VMEXIT. */
void svm_run(const struct vmcb *vmcb);

static struct vmcb vmcb __attribute__((aligned(4096)));
static u8 host_save_area[4096] __attribute__((aligned(4096)));
static u8 io_permission_map[3 * 4096] __attribute__((aligned(4096)));
static u8 guest_stack[4096] __attribute__((aligned(4096)));
static u64 nested_pml4[512] __attribute__((aligned(4096)));
static u64 nested_pointers[512] __attribute__((aligned(4096)));
static u64 nested_directory[512] __attribute__((aligned(4096)));

void trap(struct trap_frame *frame)
{
    trap_unexpected(frame);
}

struct cpuid {
    u32 a, b, c, d;
};

static struct cpuid cpuid(u32 leaf)
{
    struct cpuid out = {leaf, 0, 0, 0};
    asm volatile("cpuid" : "+a"(out.a), "=b"(out.b), "+c"(out.c), "=d"(out.d));
    return out;
}

static int svm_supported(void)
{
    return cpuid(0x80000000).a >= 0x8000000a && (cpuid(0x80000001).c >> 2 & 1);
}

static void set_segment(struct segment *segment, u16 selector, u16 attributes)
{
    segment->selector = selector;
    segment->attributes = attributes;
    segment->limit = 0xffffffff;
    segment->base = 0;
}

static void set_guest_state(void)
{
    set_segment(&vmcb.cs, CODE64_SELECTOR, FLAT_CODE);
    set_segment(&vmcb.es, DATA_SELECTOR, FLAT_DATA);
    set_segment(&vmcb.ss, DATA_SELECTOR, FLAT_DATA);
    set_segment(&vmcb.ds, DATA_SELECTOR, FLAT_DATA);
    vmcb.gdtr.limit = 0xffff;
    vmcb.idtr.limit = 0xffff;
    vmcb.efer = read_msr(MSR_EFER);
    vmcb.cr0 = read_cr0();
    vmcb.cr3 = read_cr3();
    vmcb.cr4 = read_cr4();
    vmcb.dr6 = 0xffff0ff0;
    vmcb.dr7 = 0x400;
    vmcb.rflags = 0x2;
    vmcb.rsp = (word)(guest_stack + sizeof guest_stack);
    vmcb.rip = (word)svm_guest_start;
}

static void set_controls(void)
{
    for (u32 n = 0; n < sizeof io_permission_map; n++) {
        io_permission_map[n] = 0xff;
    }
    vmcb.intercept_misc1 = INTERCEPT_CPUID | INTERCEPT_HLT | INTERCEPT_IOIO_PROT | INTERCEPT_SHUTDOWN;
    vmcb.intercept_misc2 = INTERCEPT_VMRUN | INTERCEPT_VMMCALL;
    vmcb.iopm_base = (word)io_permission_map;
    vmcb.asid = 1;
}

static void set_nested_paging(void)
{
    for (u64 address = 0; address < IDENTITY_BYTES; address += LARGE_PAGE) {
        nested_directory[address / LARGE_PAGE] = address | PAGE_SIZE_BIT | USER_PAGE;
    }
    nested_pointers[0] = (word)nested_directory | USER_PAGE;
    nested_pml4[0] = (word)nested_pointers | USER_PAGE;
    vmcb.nested_control = 1;
    vmcb.nested_cr3 = (word)nested_pml4;
    vmcb.guest_pat = 0x0007040600070406;
}

static u32 exits[256];

/* Handles one exit; whether the guest is to go on. CPUID and OUT imm8 are two bytes long, VMMCALL three. */
static int handle_exit(void)
{
    char text[2] = {0, 0};
    if (vmcb.exit_code == EXIT_INVALID) {
        print("VMRUN found the VMCB invalid: something is WRONG\n");
        guest_exit(1);
    }
    exits[vmcb.exit_code & 255]++;
    switch (vmcb.exit_code) {
    case EXIT_IOIO:
        /* EXITINFO1: port in bits 31:16, SZ8 in bit 4, IN in bit 0. EXITINFO2: RIP of the next instruction. */
        if ((vmcb.exit_info1 & 0xffff0011) != 0x00e90010) {
            print("an OUT to another port: something is WRONG\n");
            guest_exit(1);
        }
        text[0] = (char)vmcb.rax;
        print(text);
        vmcb.rip = vmcb.exit_info2;
        break;
    case EXIT_VMMCALL:
        print((const char *)svm_registers.di);
        vmcb.rax = 1;
        vmcb.rip += 3;
        break;
    case EXIT_CPUID:
        svm_registers.bx = 0x72696874; /* "thirdmode by" */
        svm_registers.dx = 0x646f6d64;
        svm_registers.cx = 0x79622065;
        vmcb.rip += 2;
        break;
    case EXIT_HLT:
        return 0;
    default:
        print("exit code ");
        print_hex(vmcb.exit_code, 3);
        print(" is unexpected: something is WRONG\n");
        guest_exit(1);
    }
    return 1;
}

static void print_count(const char *name, u32 code)
{
    print(name);
    print_decimal(exits[code]);
}

int guest_main(u32 magic, const struct multiboot_info *information)
{
    (void)magic;
    (void)information;
    serial_initialize();
    traps_initialize();
    if (!svm_supported()) {
        print("This processor has no SVM: choose one that has, with --cpu. Something is WRONG.\n");
        return 1;
    }
    if (read_msr(MSR_VM_CR) & VM_CR_SVMDIS) {
        print("SVM is disabled. Something is WRONG.\n");
        return 1;
    }
    write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_SVME);
    write_msr(MSR_VM_HSAVE_PA, (word)host_save_area);
    print("Hello from the host of SVM.\n");
    set_controls();
    set_guest_state();
    if (cpuid(0x8000000a).d & 1) {
        set_nested_paging();
    }

    do {
        svm_run(&vmcb);
    } while (handle_exit());

    asm volatile("stgi");
    write_msr(MSR_EFER, read_msr(MSR_EFER) & ~(u64)EFER_SVME);
    print("Exits:");
    print_count(" IOIO ", EXIT_IOIO);
    print_count(", VMMCALL ", EXIT_VMMCALL);
    print_count(", CPUID ", EXIT_CPUID);
    print_count(", HLT ", EXIT_HLT);
    print(".\nSVM is disabled again. Goodbye.\n");
    return 0;
}
