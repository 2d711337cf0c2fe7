package org.thirdmode.x86.conformance;

import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.Rflags;

/**
 * What an instruction did.
 *
 * @param vector the exception that it raised, or {@link #COMPLETED}
 * @param errorCode its error code, 0 where it has none
 * @param rip of the next instruction, or of this one where it faulted
 */
record Outcome(int vector, int errorCode, long[] gpr, long rip, int rflags, byte[] memory) {
    static final int COMPLETED = -1;

    /** TF is the recorder's own, RF that of the signal's delivery. */
    static final int COMPARED_FLAGS =
            Flags.STATUS | Rflags.DF | Rflags.IF | Rflags.IOPL | Rflags.NT | Rflags.AC | Rflags.ID;

    /**
     * What of it is defined. Outside 64-bit mode the upper halves of registers and R8..R15 do not exist; in 16-bit code
     * the host's kernel loses the upper half of ESP.
     */
    Outcome defined(Form form, Inputs inputs) {
        long[] seen = gpr.clone();
        if (form.mode() != 64) {
            for (int n = 0; n < seen.length; n++) {
                seen[n] = (n < 8 ? seen[n] : inputs.gpr[n]) & 0xffff_ffffL;
            }
        }
        if (form.mode() == 16) {
            seen[CpuState.RSP] = (seen[CpuState.RSP] & 0xffff) | (inputs.gpr[CpuState.RSP] & 0xffff_0000L);
        }
        return new Outcome(vector, errorCode, seen, rip, rflags & COMPARED_FLAGS, memory);
    }
}
