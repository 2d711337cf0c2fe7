package org.thirdmode.x86.exec;

/**
 * What can be intercepted while a guest runs: one bit each of {@link Processor#intercepts}. The core tests the bit and,
 * where it is set, asks the {@link Extension}, which knows the rest (bitmaps, masks, counters) and either exits or lets
 * the instruction or event go on.
 *
 * <p>The bits are neither the control bits of a VMCS nor those of a VMCB: they are what both can ask of one core. Sources:
 * SDM 3C "Instructions That Cause VM Exits", "Other Causes of VM Exits"; APM 2 "Instruction Intercepts", "Exception
 * Intercepts".
 */
public final class Intercept {
    // ---- instructions: Extension.instruction, before the instruction has changed anything ----
    public static final long CPUID = 1L;
    public static final long HLT = 1L << 1;
    public static final long INVLPG = 1L << 2;
    public static final long INVPCID = 1L << 3;
    public static final long INVD = 1L << 4;
    public static final long WBINVD = 1L << 5;
    public static final long RDTSC = 1L << 6;
    public static final long RDTSCP = 1L << 7;
    public static final long RDPMC = 1L << 8;
    public static final long RDRAND = 1L << 9;
    public static final long RDSEED = 1L << 10;
    public static final long PAUSE = 1L << 11;
    public static final long MONITOR = 1L << 12;
    public static final long MWAIT = 1L << 13;
    public static final long XSETBV = 1L << 14;
    public static final long XSAVES = 1L << 15;
    public static final long XRSTORS = 1L << 16;
    public static final long RSM = 1L << 17;
    public static final long PUSHF = 1L << 18;
    public static final long POPF = 1L << 19;
    public static final long IRET = 1L << 20;
    public static final long INT_N = 1L << 21;

    /** INT1 (opcode F1). */
    public static final long INT1 = 1L << 22;

    /** MOV to a debug register. */
    public static final long DR_WRITE = 1L << 23;

    /** MOV from a debug register. */
    public static final long DR_READ = 1L << 24;

    /** LGDT, LIDT, LLDT, LTR. */
    public static final long DESCRIPTOR_TABLE_LOAD = 1L << 25;

    /** SGDT, SIDT, SLDT, STR. */
    public static final long DESCRIPTOR_TABLE_STORE = 1L << 26;

    // ---- with a value: a method of Extension each ----

    /** MOV from CR0, CR3, CR4 or CR8, and SMSW. */
    public static final long CR_READ = 1L << 27;

    /** MOV to CR0, CR3, CR4 or CR8, CLTS and LMSW. */
    public static final long CR_WRITE = 1L << 28;

    /** IN, OUT, INS, OUTS. */
    public static final long IO = 1L << 29;

    /** RDMSR and WRMSR. */
    public static final long MSR = 1L << 30;

    // ---- events ----

    public static final long TASK_SWITCH = 1L << 31;
    public static final long EXCEPTION = 1L << 32;
    public static final long EXTERNAL_INTERRUPT = 1L << 33;
    public static final long NMI = 1L << 34;
    public static final long INIT = 1L << 35;
    public static final long STARTUP = 1L << 36;

    /** A triple fault. */
    public static final long SHUTDOWN = 1L << 37;

    /** FERR# would be asserted: an unmasked x87 exception while CR0.NE is clear. */
    public static final long FERR_FREEZE = 1L << 38;

    /** Ask {@link Extension#completed} after every instruction: monitor trap flag. Makes the processor step. */
    public static final long EACH_INSTRUCTION = 1L << 39;

    /** RDTSC, RDTSCP and RDMSR of the time-stamp counter show {@link Extension#timeStamp}. */
    public static final long TIME_STAMP = 1L << 40;

    private Intercept() {}
}
