package org.thirdmode.x86.exec.general;

import java.util.Arrays;
import java.util.HexFormat;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.SingleStep;
import org.thirdmode.x86.state.GuestFault;

/** A few bytes of code at {@link #CODE} and how to run them. */
final class Programs {
    static final long CODE = 0x1000;

    private Programs() {}

    static void load(Processor cpu, int... code) {
        for (int n = 0; n < code.length; n++) {
            cpu.memory.write(CODE + n, 1, code[n]);
        }
        cpu.state.rip = CODE;
    }

    /** The bytes of a string of hexadecimal digits. */
    static int[] bytes(String digits) {
        byte[] bytes = HexFormat.of().parseHex(digits);
        int[] code = new int[bytes.length];
        Arrays.setAll(code, n -> bytes[n] & 0xff);
        return code;
    }

    /** Executes the one instruction; the fault, or null. */
    static GuestFault execute(Processor cpu, int... code) {
        load(cpu, code);
        return SingleStep.step(cpu);
    }
}
