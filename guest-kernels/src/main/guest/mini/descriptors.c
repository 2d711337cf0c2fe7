#include "descriptors.h"
#include "selectors.h"

#define TRAMPOLINE __attribute__((section(".trampoline.data")))
#define ALIGNED(bytes) __attribute__((aligned(bytes)))

TRAMPOLINE word trampoline_kernel_root;
TRAMPOLINE word trampoline_user_root;
TRAMPOLINE word trampoline_user_stack; /* entry.S: RSP of the user while the kernel's is fetched */

/* SDM 3A "32-Bit Task-State Segment (TSS)" and "TSS in 64-bit Mode": both have the stack of level 0 at offset 4. */
struct task_state {
    u32 reserved;
    word stack0;
    word stack_segment0; /* 32-bit mode only; in 64-bit mode RSP1, which nobody uses */
    u8 rest[102 - 4 - 2 * sizeof(word)];
    u16 io_map;
} __attribute__((packed));
TRAMPOLINE struct task_state task_state ALIGNED(128) = {
    .stack_segment0 = sizeof(word) == 4 ? KERNEL_DATA : 0,
    .io_map = sizeof(struct task_state), /* beyond the limit: no port for user mode */
};

TRAMPOLINE static u64 descriptors[] ALIGNED(8) = {
    0,
#ifdef __x86_64__
    0x00af9b000000ffff, /* KERNEL_CODE, 64-bit */
#else
    0x00cf9b000000ffff, /* KERNEL_CODE, 32-bit, flat */
#endif
    0x00cf93000000ffff, /* KERNEL_DATA */
    0x00cffb000000ffff, /* USER_CODE32 */
    0x00cff3000000ffff, /* USER_DATA */
    0x00affb000000ffff, /* USER_CODE64 */
    0,                  /* TASK_STATE, of two entries in 64-bit mode */
    0,
};

/* SDM 3A "IDT Descriptors" and "64-Bit Mode IDT". */
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
TRAMPOLINE static struct gate gates[VECTOR_SYSTEM_CALL + 1] ALIGNED(8) = {{0}};

#define STUBS 48
#define INTERRUPT_GATE 0x8e      /* present, DPL 0; clears IF, so the kernel runs without interrupts */
#define USER_INTERRUPT_GATE 0xee /* DPL 3: INT 80H may come from user mode */

extern const word trap_stubs[STUBS + 1];
void load_segments(void);
void entry_fast(void);

static void set_gate(int vector, word address, u8 type)
{
    struct gate *gate = &gates[vector];
    gate->offset_0_15 = (u16)address;
    gate->selector = KERNEL_CODE;
    gate->type = type;
    gate->offset_16_31 = (u16)(address >> 16);
}

/* The operand of LGDT and LIDT. */
struct table {
    u16 limit;
    word base;
} __attribute__((packed));

#define TSS_AVAILABLE 0x89ull

#define MSR_SYSENTER_CS 0x174
#define MSR_SYSENTER_ESP 0x175
#define MSR_SYSENTER_EIP 0x176
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SFMASK 0xc0000084
#define EFER_SCE 0x1
#define FLAGS_TF_IF_DF_NT_AC 0x44700

void descriptors_initialize(void)
{
    word tss = (word)&task_state;
    descriptors[TASK_STATE / 8] = (sizeof task_state - 1) | (u64)(tss & 0xffffff) << 16 | TSS_AVAILABLE << 40
            | (u64)(tss >> 24 & 0xff) << 56;
    struct table gdt = {sizeof descriptors - 1, (word)descriptors};
    asm volatile("lgdt %0" : : "m"(gdt));
    load_segments();
    asm volatile("ltr %w0" : : "r"(TASK_STATE));

    for (int vector = 0; vector < STUBS; vector++) {
        set_gate(vector, trap_stubs[vector], INTERRUPT_GATE);
    }
    set_gate(VECTOR_SYSTEM_CALL, trap_stubs[STUBS], USER_INTERRUPT_GATE);
    struct table idt = {sizeof gates - 1, (word)gates};
    asm volatile("lidt %0" : : "m"(idt));

#ifdef __x86_64__
    write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_SCE);
    write_msr(MSR_STAR, (u64)SYSRET_BASE << 48 | (u64)KERNEL_CODE << 32);
    write_msr(MSR_LSTAR, (word)entry_fast);
    write_msr(MSR_SFMASK, FLAGS_TF_IF_DF_NT_AC);
#else
    write_msr(MSR_SYSENTER_CS, SYSENTER_BASE);
    write_msr(MSR_SYSENTER_ESP, 0); /* entry_fast takes the stack from the TSS, so this need not follow each switch */
    write_msr(MSR_SYSENTER_EIP, (word)entry_fast);
#endif
}

void descriptors_set_kernel_stack(word top)
{
    task_state.stack0 = top;
}
