package org.thirdmode.x86.fp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Vector;

/** Replays the records of {@code src/test/native/record_sse.c}, which describes them, and tells where the model differs. */
final class SseRecords {
    private static final int SIZE = 160;

    private SseRecords() {}

    /** One line a difference. */
    static List<String> differences(byte[] records) {
        FloatMachine machine = FloatMachine.in64();
        List<String> differences = new ArrayList<>();
        for (int at = 0; at < records.length; at += SIZE) {
            ByteBuffer record = ByteBuffer.wrap(records, at, SIZE).slice().order(ByteOrder.LITTLE_ENDIAN);
            String difference = replay(machine, record);
            if (difference != null) {
                int length = record.get(0);
                byte[] code = new byte[length];
                record.get(1, code);
                differences.add(HexFormat.of().formatHex(code) + ": " + difference + describe(record));
            }
        }
        return differences;
    }

    private static String describe(ByteBuffer r) {
        return String.format(
                " [mxcsr %04x rcx %016x mm0 %016x mm1 %016x xmm0 %016x:%016x xmm1 %016x:%016x]",
                r.getInt(16),
                r.getLong(32),
                r.getLong(40),
                r.getLong(48),
                r.getLong(72),
                r.getLong(64),
                r.getLong(88),
                r.getLong(80));
    }

    private static String replay(FloatMachine machine, ByteBuffer r) {
        FpuState fpu = machine.fpu;
        CpuState state = machine.state;
        fpu.initialise();
        fpu.mxcsr = r.getInt(16);
        state.r[CpuState.RAX] = r.getLong(24);
        state.r[CpuState.RCX] = r.getLong(32);
        state.r[CpuState.RDX] = r.getLong(32);
        fpu.significand[0] = r.getLong(40);
        fpu.significand[1] = r.getLong(48);
        for (int n = 0; n < 4; n++) {
            fpu.xmm[n] = r.getLong(64 + 8 * n);
        }
        state.flags.setStatus(0x8d5);
        int length = r.get(0);
        byte[] code = new byte[length];
        r.get(1, code);
        boolean fault = r.get(15) != 0;
        PhysicalMemory memory = machine.cpu.memory;
        memory.write(FloatMachine.OPERAND, 8, r.getLong(80));
        memory.write(FloatMachine.OPERAND + 8, 8, r.getLong(88));
        try {
            machine.execute(code, 0, length);
        } catch (GuestFault e) {
            if (!fault || e.vector != Vector.XM) {
                return e.getMessage();
            }
            return differs("MXCSR", r.getInt(96), fpu.mxcsr);
        }
        if (fault) {
            return "no #XM";
        }
        if (code[length - 2] == 0x52 || code[length - 2] == 0x53) {
            return approximation(fpu, r, code[length - 2] == 0x52, code[0] == 0x0f ? 4 : 1);
        }
        boolean inMemory = (code[modRm(code)] & 0xc0) == 0;
        return first(
                differs("xmm0 low", r.getLong(120), fpu.xmm[0]),
                differs("xmm0 high", r.getLong(128), fpu.xmm[1]),
                differs("r/m low", r.getLong(136), inMemory ? memory.read(FloatMachine.OPERAND, 8) : fpu.xmm[2]),
                differs("r/m high", r.getLong(144), inMemory ? memory.read(FloatMachine.OPERAND + 8, 8) : fpu.xmm[3]),
                differs("mm0", r.getLong(112), fpu.significand[0]),
                differs("mm1", r.getLong(152), fpu.significand[1]),
                differs("rax", r.getLong(104), state.r[CpuState.RAX]),
                differs("rcx", r.getLong(56), state.r[CpuState.RCX]),
                differs("MXCSR", r.getInt(96), fpu.mxcsr),
                differs("RFLAGS", r.getInt(100), state.flags.status()));
    }

    /** Where the ModR/M byte stands: behind the opcode byte that follows 0F, 0F 38 or 0F 3A. */
    private static int modRm(byte[] code) {
        int at = 0;
        while (code[at] != 0x0f) {
            at++;
        }
        at++;
        return code[at] == 0x38 || code[at] == 0x3a ? at + 2 : at + 1;
    }

    /** RSQRTPS, RCPPS: each element within 1.5 * 2^-12 of the truth, or exactly what the processor says. */
    private static String approximation(FpuState fpu, ByteBuffer r, boolean root, int elements) {
        for (int n = 0; n < elements; n++) {
            int found = (int) (fpu.xmm[n >> 1] >>> (32 * (n & 1)));
            int processor = r.getInt(120 + 4 * n);
            double operand = Float.intBitsToFloat(r.getInt(80 + 4 * n));
            double truth = 1 / (root ? Math.sqrt(operand) : operand);
            double error = Math.abs(Float.intBitsToFloat(found) / truth - 1);
            if (found != processor && !(error <= 1.5 / 4096)) {
                return differs("element " + n, processor, found);
            }
        }
        return null;
    }

    private static String first(String... differences) {
        for (String difference : differences) {
            if (difference != null) {
                return difference;
            }
        }
        return null;
    }

    private static String differs(String what, long expected, long found) {
        return expected == found ? null : String.format("%s %x, processor %x", what, found, expected);
    }
}
