package org.thirdmode.kvm.vmx;

import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;

/** How a guest is run by a processor without unrestricted guest, whose VM entry refuses much of what a processor can be. */
enum GuestMode {
    /** With the registers that it has. */
    AS_IT_IS,
    /** In real-address mode: as virtual-8086 mode. KVM: {@code vmx->rmode.vm86_active}. */
    VIRTUAL_8086,
    /** Not at all: the hypervisor emulates it, instruction by instruction. KVM: {@code emulation_required}. */
    EMULATED;

    private static final int REAL_DATA = Segment.PRESENT | Segment.CODE_OR_DATA | Segment.WRITABLE | Segment.ACCESSED;
    private static final int VECTORS = 0x400;
    private static final long REAL_LIMIT = 0xffff;

    /** The mode for a guest with these registers. KVM: {@code guest_state_valid}. */
    static GuestMode of(CpuState state) {
        if (!state.protectedMode()) {
            return fitsVirtual8086(state) ? VIRTUAL_8086 : EMULATED;
        }
        return state.virtual8086() || isValid(state) ? AS_IT_IS : EMULATED;
    }

    /**
     * Whether virtual-8086 mode is all that the guest can tell: segments as real-address mode loads them, not the large ones
     * of "unreal mode", and the vector table at 0. KVM: {@code rmode_segment_valid}.
     */
    private static boolean fitsVirtual8086(CpuState state) {
        for (Segment segment : state.segments) {
            if (segment.base != (long) segment.selector << 4
                    || segment.limit != REAL_LIMIT
                    || segment.attributes != REAL_DATA) {
                return false;
            }
        }
        return state.idtrBase == 0 && state.idtrLimit >= VECTORS - 1;
    }

    /**
     * Whether a VM entry takes the segments: those of real-address mode are left when protected mode begins. SDM 3C "Checks
     * on Guest Segment Registers".
     */
    private static boolean isValid(CpuState state) {
        Segment cs = state.segments[Segment.CS];
        Segment ss = state.segments[Segment.SS];
        return rpl(cs) == rpl(ss)
                && codeIsValid(cs)
                && stackIsValid(ss)
                && dataIsValid(state.segments[Segment.DS])
                && dataIsValid(state.segments[Segment.ES])
                && dataIsValid(state.segments[Segment.FS])
                && dataIsValid(state.segments[Segment.GS])
                && isValid(state.tr)
                && (!state.ldtr.usable() || isValid(state.ldtr));
    }

    private static int rpl(Segment segment) {
        return segment.selector & 3;
    }

    private static boolean codeIsValid(Segment cs) {
        boolean conforming = cs.is(Segment.EXPAND_DOWN);
        return cs.usable()
                && isPresentCodeOrData(cs)
                && cs.is(Segment.CODE)
                && (conforming ? cs.dpl() <= rpl(cs) : cs.dpl() == rpl(cs));
    }

    private static boolean stackIsValid(Segment ss) {
        return !ss.usable()
                || (isPresentCodeOrData(ss) && !ss.is(Segment.CODE) && ss.is(Segment.WRITABLE) && ss.dpl() == rpl(ss));
    }

    private static boolean dataIsValid(Segment segment) {
        boolean conforming = segment.is(Segment.CODE) && segment.is(Segment.EXPAND_DOWN);
        return !segment.usable() || (isPresentCodeOrData(segment) && (conforming || segment.dpl() >= rpl(segment)));
    }

    private static boolean isPresentCodeOrData(Segment segment) {
        return segment.is(Segment.CODE_OR_DATA) && segment.is(Segment.PRESENT);
    }

    /** TR or LDTR: present, and from the GDT. */
    private static boolean isValid(Segment system) {
        return system.is(Segment.PRESENT) && (system.selector & 4) == 0;
    }
}
