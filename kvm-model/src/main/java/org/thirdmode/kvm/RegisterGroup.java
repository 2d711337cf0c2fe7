package org.thirdmode.kvm;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.state.Segment;

/**
 * Groups of the guest's registers, as bits: what the hypervisor does not look at stays in the hardware. KVM: {@code
 * regs_avail}, the segment cache.
 */
public final class RegisterGroup {
    /** CPL, RFLAGS, CR2: what a page fault depends on. */
    public static final int PRIVILEGE = 1;

    /** The general registers and RIP, debug registers, what holds back events, the FPU. */
    public static final int GENERAL = 1 << 1;

    /** CS. */
    public static final int CODE = 1 << 2;

    /** SS. */
    public static final int STACK = 1 << 3;

    /** ES, DS, FS, GS. */
    public static final int DATA = 1 << 4;

    /** LDTR, TR, GDTR, IDTR. */
    public static final int SYSTEM = 1 << 5;

    /** MSRs that the guest changes without an exit. */
    public static final int MSRS = 1 << 6;

    /** CR0, CR3, CR4, IA32_EFER, PDPTEs. */
    public static final int PAGING = 1 << 7;

    public static final int ALL = (1 << 8) - 1;

    /** What it takes to decode an instruction. */
    public static final int TO_DECODE = PRIVILEGE | GENERAL | CODE | PAGING;

    /** The numbers of LDTR and TR among the segment registers, in the order that VMCS and VMCB have them. */
    public static final int LDTR = 6;

    public static final int TR = 7;

    private static final int CR3 = Operand.CONTROL + 3;

    private RegisterGroup() {}

    /**
     * What an instruction may read or write beyond {@link #TO_DECODE}. Few are told apart: those that hypervisors emulate most.
     *
     * @param i null where it cannot be fetched
     * @param cpl of the guest
     */
    static int neededBy(Instruction i, int cpl) {
        return i == null || !isPlain(i, cpl) ? ALL : TO_DECODE | segments(i);
    }

    /** Whether it is about the general registers, flags, one operand in memory, and what the hypervisor has of its own. */
    private static boolean isPlain(Instruction i, int cpl) {
        return switch (i.operation) {
            case MOV, MOVZX, MOVSX, XCHG, CMPXCHG, XADD, ADD, OR, AND, SUB, XOR, CMP, TEST, INC, DEC, BTS, BTR -> true;
            case CPUID, HLT, INVLPG, CLTS -> true;
            // CR0 and CR4 are about everything.
            case MOV_CR -> i.a == CR3 || i.b == CR3;
            // Beyond ring 0 the task-state segment may have a say.
            case IN, OUT -> cpl == 0;
            default -> false;
        };
    }

    /** The group of a segment register. */
    public static int of(int segment) {
        return switch (segment) {
            case Segment.CS -> CODE;
            case Segment.SS -> STACK;
            case LDTR, TR -> SYSTEM;
            default -> DATA;
        };
    }

    private static int segments(Instruction i) {
        if (!i.hasMemory()) {
            return 0;
        }
        return switch (i.segment) {
            case Segment.CS -> 0;
            case Segment.SS -> STACK;
            // In 64-bit mode ES and DS begin at 0.
            case Segment.ES, Segment.DS -> i.codeWidth == 64 ? 0 : DATA;
            default -> DATA;
        };
    }
}
