package org.thirdmode.kvm.agree;

import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A small guest and the controls under which it runs.
 *
 * @param program its machine code, an array an instruction
 * @param exceptions vectors that are intercepted, a bit each
 * @param optional the instructions that are intercepted of those that need not be: bits of {@link Optional}
 * @param interrupts after which exits an external interrupt is injected, a bit an exit
 */
record SmallGuest(GuestMode mode, List<byte[]> program, int exceptions, int optional, long interrupts) {
    /** Instructions that both extensions let pass or intercept, as the hypervisor likes. */
    enum Optional {
        HLT,
        RDTSC,
        RDPMC,
        INVLPG,
        WBINVD,
        PAUSE,
        CR3,
        CR8,
        DEBUG_REGISTERS,
        DESCRIPTOR_TABLES;

        boolean in(int set) {
            return ((set >>> ordinal()) & 1) != 0;
        }
    }

    /**
     * MOV DR at another privilege level than 0 exits by VMX and raises #GP by SVM: there it is not intercepted. The vendors'
     * performance counters differ: RDPMC always is.
     */
    boolean intercepts(Optional what) {
        return switch (what) {
            case RDPMC -> true;
            case DEBUG_REGISTERS -> what.in(optional) && mode.privilege == 0;
            default -> what.in(optional);
        };
    }

    byte[] code() {
        byte[] code = new byte[program.stream().mapToInt(i -> i.length).sum()];
        int at = 0;
        for (byte[] instruction : program) {
            System.arraycopy(instruction, 0, code, at, instruction.length);
            at += instruction.length;
        }
        return code;
    }

    @Override
    public String toString() {
        return String.format(
                "%s, exceptions %x, intercepts %x, interrupts %x: %s",
                mode,
                exceptions,
                optional,
                interrupts,
                program.stream().map(HexFormat.of()::formatHex).collect(Collectors.joining(" ")));
    }
}
