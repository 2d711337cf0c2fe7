/*
 * hello-vmx: the smallest hypervisor that is one. It enters VMX operation, makes one VMCS, runs a guest of a few
 * instructions in VMX non-root operation and handles its exits: OUT prints a character, VMCALL a string, CPUID answers
 * with a vendor of our own, HLT ends the guest.
 *
 * The guest runs at privilege level 0 in 64-bit mode with the host's own page tables: no EPT is wanted, so the first
 * processors with VMX run it too. SDM 3C "Discovering Support for VMX", "VMX Operation", "VMX Instruction Reference".
 */
#include "guest.h"
#include "start.h"

#define MSR_FEATURE_CONTROL 0x3a
#define MSR_VMX_BASIC 0x480
#define MSR_VMX_PINBASED 0x481
#define MSR_VMX_PROCBASED 0x482
#define MSR_VMX_EXIT 0x483
#define MSR_VMX_ENTRY 0x484
#define MSR_VMX_CR0_FIXED0 0x486
#define MSR_VMX_CR4_FIXED0 0x488

#define FEATURE_CONTROL_LOCK 0x1
#define FEATURE_CONTROL_VMXON 0x4

/* VMCS component encodings. SDM 3D "Field Encoding in VMCS". */
#define GUEST_ES_SELECTOR 0x0800
#define GUEST_LDTR_SELECTOR 0x080c
#define GUEST_TR_SELECTOR 0x080e
#define HOST_ES_SELECTOR 0x0c00
#define HOST_TR_SELECTOR 0x0c0c
#define VMCS_LINK_POINTER 0x2800
#define PINBASED_CONTROLS 0x4000
#define PROCBASED_CONTROLS 0x4002
#define EXCEPTION_BITMAP 0x4004
#define EXIT_CONTROLS 0x400c
#define ENTRY_CONTROLS 0x4012
#define ENTRY_INTERRUPTION_INFORMATION 0x4016
#define VM_INSTRUCTION_ERROR 0x4400
#define EXIT_REASON 0x4402
#define EXIT_INSTRUCTION_LENGTH 0x440c
#define GUEST_ES_LIMIT 0x4800
#define GUEST_TR_LIMIT 0x480e
#define GUEST_GDTR_LIMIT 0x4810
#define GUEST_IDTR_LIMIT 0x4812
#define GUEST_ES_ACCESS_RIGHTS 0x4814
#define GUEST_LDTR_ACCESS_RIGHTS 0x4820
#define GUEST_TR_ACCESS_RIGHTS 0x4822
#define EXIT_QUALIFICATION 0x6400
#define GUEST_CR0 0x6800
#define GUEST_CR3 0x6802
#define GUEST_CR4 0x6804
#define GUEST_GDTR_BASE 0x6816
#define GUEST_IDTR_BASE 0x6818
#define GUEST_DR7 0x681a
#define GUEST_RSP 0x681c
#define GUEST_RIP 0x681e
#define GUEST_RFLAGS 0x6820
#define HOST_CR0 0x6c00
#define HOST_CR3 0x6c02
#define HOST_CR4 0x6c04
#define HOST_TR_BASE 0x6c0a
#define HOST_GDTR_BASE 0x6c0c
#define HOST_IDTR_BASE 0x6c0e
#define HOST_RSP 0x6c14
#define HOST_RIP 0x6c16

#define SEGMENTS 6
#define CODE_SEGMENT 1

#define HLT_EXITING (1u << 7)
#define UNCONDITIONAL_IO_EXITING (1u << 24)
#define HOST_ADDRESS_SPACE_SIZE (1u << 9)
#define IA32E_MODE_GUEST (1u << 9)

#define REASON_CPUID 10
#define REASON_HLT 12
#define REASON_VMCALL 18
#define REASON_IO 30
#define ENTRY_FAILURE (1u << 31)

#define FLAT_CODE 0xa09b
#define FLAT_DATA 0xc093
#define BUSY_TSS 0x8b
#define UNUSABLE 0x10000

/* The guest's general registers while the host runs; hello-vmx-switch.S knows the order. */
struct registers {
    word ax, cx, dx, bx, bp, si, di, r8, r9, r10, r11, r12, r13, r14, r15;
};

extern struct registers vmx_registers;
extern const char vmx_guest_start[];
extern const char vmx_exit[];

/* VMLAUNCH, or VMRESUME where `resume`; comes back at the exit with 0, else with RFLAGS of the failed instruction. */
word vmx_enter(int resume);

static u8 vmxon_region[4096] __attribute__((aligned(4096)));
static u8 vmcs_region[4096] __attribute__((aligned(4096)));
static u8 guest_stack[4096] __attribute__((aligned(4096)));

void trap(struct trap_frame *frame)
{
    trap_unexpected(frame);
}

#define FAILED 0x41 /* CF or ZF: VMfailInvalid or VMfailValid */

static u64 vmread(u64 field)
{
    u64 value;
    asm volatile("vmread %1, %0" : "=r"(value) : "r"(field) : "cc");
    return value;
}

static void vmwrite(u64 field, u64 value)
{
    word flags;
    asm volatile("vmwrite %1, %2; pushfq; pop %0" : "=r"(flags) : "r"(value), "r"(field) : "cc");
    if (flags & FAILED) {
        print("VMWRITE of field ");
        print_hex(field, 4);
        print(" failed: something is WRONG\n");
        guest_exit(1);
    }
}

#define VMX_ON_POINTER(instruction)                                                            \
    static void instruction(const void *region)                                                \
    {                                                                                          \
        u64 pointer = (word)region;                                                            \
        word flags;                                                                            \
        asm volatile(#instruction " %1; pushfq; pop %0" : "=r"(flags) : "m"(pointer) : "cc", "memory"); \
        if (flags & FAILED) {                                                                  \
            print(#instruction " failed: something is WRONG\n");                               \
            guest_exit(1);                                                                     \
        }                                                                                      \
    }
VMX_ON_POINTER(vmxon)
VMX_ON_POINTER(vmclear)
VMX_ON_POINTER(vmptrld)

/* SDM 3D "Reserved Controls and Default Settings": low half allows zeroes, high half allows ones. */
static u32 allowed(u32 msr, u32 wanted)
{
    u64 capability = read_msr(msr);
    return (wanted | (u32)capability) & (u32)(capability >> 32);
}

static int vmx_supported(void)
{
    u32 a = 1, b, c = 0, d;
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (c >> 5) & 1;
}

static void enter_vmx_operation(void)
{
    u64 control = read_msr(MSR_FEATURE_CONTROL);
    if (!(control & FEATURE_CONTROL_LOCK)) {
        write_msr(MSR_FEATURE_CONTROL, control | FEATURE_CONTROL_LOCK | FEATURE_CONTROL_VMXON);
    }
    write_cr0(read_cr0() | read_msr(MSR_VMX_CR0_FIXED0));
    write_cr4(read_cr4() | read_msr(MSR_VMX_CR4_FIXED0));
    u32 revision = (u32)read_msr(MSR_VMX_BASIC) & 0x7fffffff;
    *(u32 *)vmxon_region = revision;
    *(u32 *)vmcs_region = revision;
    vmxon(vmxon_region);
    vmclear(vmcs_region);
    vmptrld(vmcs_region);
}

static u64 descriptor_base(void *table_register)
{
    return *(u64 *)((u8 *)table_register + 2);
}

static void set_host_state(void)
{
    struct {
        u16 limit;
        u64 base;
    } __attribute__((packed)) gdtr, idtr;
    asm volatile("sgdt %0" : "=m"(gdtr));
    asm volatile("sidt %0" : "=m"(idtr));
    vmwrite(HOST_CR0, read_cr0());
    vmwrite(HOST_CR3, read_cr3());
    vmwrite(HOST_CR4, read_cr4());
    for (int n = 0; n < SEGMENTS; n++) {
        vmwrite(HOST_ES_SELECTOR + 2u * (u32)n, n == CODE_SEGMENT ? CODE64_SELECTOR : DATA_SELECTOR);
    }
    /* No task register is loaded; the field must not be null, and nothing uses the TSS. */
    vmwrite(HOST_TR_SELECTOR, DATA_SELECTOR);
    vmwrite(HOST_TR_BASE, 0);
    vmwrite(HOST_GDTR_BASE, descriptor_base(&gdtr));
    vmwrite(HOST_IDTR_BASE, descriptor_base(&idtr));
    vmwrite(HOST_RIP, (word)vmx_exit);
}

static void set_guest_state(void)
{
    vmwrite(VMCS_LINK_POINTER, ~0ull);
    vmwrite(GUEST_CR0, read_cr0());
    vmwrite(GUEST_CR3, read_cr3());
    vmwrite(GUEST_CR4, read_cr4());
    for (u32 n = 0; n < SEGMENTS; n++) {
        vmwrite(GUEST_ES_SELECTOR + 2 * n, n == CODE_SEGMENT ? CODE64_SELECTOR : DATA_SELECTOR);
        vmwrite(GUEST_ES_LIMIT + 2 * n, 0xffffffff);
        vmwrite(GUEST_ES_ACCESS_RIGHTS + 2 * n, n == CODE_SEGMENT ? FLAT_CODE : FLAT_DATA);
    }
    vmwrite(GUEST_LDTR_SELECTOR, 0);
    vmwrite(GUEST_LDTR_ACCESS_RIGHTS, UNUSABLE);
    vmwrite(GUEST_TR_SELECTOR, 0);
    vmwrite(GUEST_TR_LIMIT, 0x67);
    vmwrite(GUEST_TR_ACCESS_RIGHTS, BUSY_TSS);
    vmwrite(GUEST_GDTR_LIMIT, 0xffff);
    vmwrite(GUEST_IDTR_LIMIT, 0xffff);
    vmwrite(GUEST_DR7, 0x400);
    vmwrite(GUEST_RFLAGS, 0x2);
    vmwrite(GUEST_RSP, (word)(guest_stack + sizeof guest_stack));
    vmwrite(GUEST_RIP, (word)vmx_guest_start);
}

static void set_controls(void)
{
    vmwrite(PINBASED_CONTROLS, allowed(MSR_VMX_PINBASED, 0));
    vmwrite(PROCBASED_CONTROLS, allowed(MSR_VMX_PROCBASED, HLT_EXITING | UNCONDITIONAL_IO_EXITING));
    vmwrite(EXIT_CONTROLS, allowed(MSR_VMX_EXIT, HOST_ADDRESS_SPACE_SIZE));
    vmwrite(ENTRY_CONTROLS, allowed(MSR_VMX_ENTRY, IA32E_MODE_GUEST));
    vmwrite(EXCEPTION_BITMAP, 0);
    vmwrite(ENTRY_INTERRUPTION_INFORMATION, 0);
}

static u32 exits[64];

static void skip_instruction(void)
{
    vmwrite(GUEST_RIP, vmread(GUEST_RIP) + vmread(EXIT_INSTRUCTION_LENGTH));
}

/* Handles one exit; whether the guest is to go on. */
static int handle_exit(void)
{
    u32 reason = (u32)vmread(EXIT_REASON);
    char text[2] = {0, 0};
    if (reason & ENTRY_FAILURE) {
        print("entry failure ");
        print_decimal(reason & 0xffff);
        print(": something is WRONG\n");
        guest_exit(1);
    }
    exits[reason & 63]++;
    switch (reason) {
    case REASON_IO:
        /* Exit qualification: port in bits 31:16, direction in bit 3, size less one in bits 2:0. */
        if ((vmread(EXIT_QUALIFICATION) & 0xffff000f) != 0x00e90000) {
            print("an OUT to another port: something is WRONG\n");
            guest_exit(1);
        }
        text[0] = (char)vmx_registers.ax;
        print(text);
        break;
    case REASON_VMCALL:
        print((const char *)vmx_registers.di);
        vmx_registers.ax = 1;
        break;
    case REASON_CPUID:
        vmx_registers.bx = 0x72696874; /* "thirdmode by" */
        vmx_registers.dx = 0x646f6d64;
        vmx_registers.cx = 0x79622065;
        break;
    case REASON_HLT:
        return 0;
    default:
        print("exit reason ");
        print_decimal(reason);
        print(" is unexpected: something is WRONG\n");
        guest_exit(1);
    }
    skip_instruction();
    return 1;
}

static void print_count(const char *name, u32 reason)
{
    print(name);
    print_decimal(exits[reason]);
}

int guest_main(u32 magic, const struct multiboot_info *information)
{
    (void)magic;
    (void)information;
    serial_initialize();
    traps_initialize();
    if (!vmx_supported()) {
        print("This processor has no VMX: choose one that has, with --cpu. Something is WRONG.\n");
        return 1;
    }
    enter_vmx_operation();
    print("Hello from VMX root operation.\n");
    set_controls();
    set_host_state();
    set_guest_state();

    int resume = 0;
    do {
        if (vmx_enter(resume)) {
            print("VM entry failed, error ");
            print_decimal(vmread(VM_INSTRUCTION_ERROR));
            print(": something is WRONG\n");
            return 1;
        }
        resume = 1;
    } while (handle_exit());

    asm volatile("vmxoff" : : : "cc");
    print("Exits:");
    print_count(" I/O instruction ", REASON_IO);
    print_count(", VMCALL ", REASON_VMCALL);
    print_count(", CPUID ", REASON_CPUID);
    print_count(", HLT ", REASON_HLT);
    print(".\nVMX operation is left. Goodbye.\n");
    return 0;
}
