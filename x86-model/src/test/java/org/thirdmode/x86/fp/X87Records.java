package org.thirdmode.x86.fp;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.thirdmode.x86.state.CpuState;

/** Replays the records of {@code src/test/native/record_x87.c}, which describes them, and tells where the model differs. */
final class X87Records {
    private static final int SIZE = 220;
    private static final int INPUT_STACK = 10;
    private static final int OUTPUT_STACK = 106;

    private X87Records() {}

    /** One line a difference. */
    static List<String> differences(byte[] records) {
        FloatMachine machine = FloatMachine.in64();
        List<String> differences = new ArrayList<>();
        for (int at = 0; at < records.length; at += SIZE) {
            ByteBuffer record = ByteBuffer.wrap(records, at, SIZE).slice().order(ByteOrder.LITTLE_ENDIAN);
            if (defined(record)) {
                String difference = replay(machine, record);
                if (difference != null) {
                    differences.add(
                            String.format("%02x %02x: ", record.get(0), record.get(1)) + difference + describe(record));
                }
            }
        }
        return differences;
    }

    private static int opcode(ByteBuffer r) {
        return ((r.get(0) & 0xff) << 8) | (r.get(1) & 0xff);
    }

    /** Leaves out what the manual leaves undefined. */
    private static boolean defined(ByteBuffer r) {
        int opcode = opcode(r);
        if (opcode >= 0xd9d1 && opcode <= 0xd9df) {
            // FNOP's and FSTP's undocumented neighbours.
            return false;
        }
        // FYL2XP1 is defined for |ST(0)| up to 1 - sqrt(2) / 2.
        int se = r.getShort(INPUT_STACK + 8) & 0x7fff;
        boolean outOfDomain = se >= 0x3ffe
                || (se == 0x3ffd && Long.compareUnsigned(r.getLong(INPUT_STACK), 0x95f6_1998_0c43_36f7L) > 0);
        return opcode != 0xd9f9 || !outOfDomain || se == 0x7fff;
    }

    /** F2XM1, FYL2X, FPTAN, FPATAN, FYL2XP1, FSINCOS, FSIN, FCOS: promised to one unit in the last place. */
    private static boolean transcendental(int opcode) {
        return (opcode >= 0xd9f0 && opcode <= 0xd9f3)
                || opcode == 0xd9f9
                || opcode == 0xd9fb
                || opcode == 0xd9fe
                || opcode == 0xd9ff;
    }

    /** Where C1 may be what it likes: it says which way a transcendental was rounded; FCOMI clears it, by the manual. */
    private static int comparedStatus(int opcode) {
        boolean comparesToFlags = (opcode & 0xfbe0) == 0xdbe0 && ((opcode & 0x1f) >= 8) && ((opcode & 0x1f) < 0x18);
        return transcendental(opcode) || comparesToFlags ? 0xffff & ~FpuState.STATUS_C1 : 0xffff;
    }

    private static String describe(ByteBuffer r) {
        return String.format(
                " [fcw %04x fsw %04x ftw %04x st0 %04x:%016x st1 %04x:%016x st(i) %04x:%016x m %04x:%016x]",
                r.getShort(4),
                r.getShort(6),
                r.getShort(8),
                r.getShort(18),
                r.getLong(10),
                r.getShort(28),
                r.getLong(20),
                r.getShort(18 + 10 * (r.get(1) & 7)),
                r.getLong(10 + 10 * (r.get(1) & 7)),
                r.getShort(98),
                r.getLong(90));
    }

    private static String replay(FloatMachine machine, ByteBuffer r) {
        FpuState fpu = machine.fpu;
        CpuState state = machine.state;
        fpu.setControl(r.getShort(4));
        fpu.setStatusWord(r.getShort(6) & 0xffff);
        fpu.setTagWord(r.getShort(8) & 0xffff);
        for (int st = 0; st < 8; st++) {
            int register = (fpu.top + st) & 7;
            fpu.significand[register] = r.getLong(INPUT_STACK + 10 * st);
            fpu.signExponent[register] = r.getShort(INPUT_STACK + 10 * st + 8) & 0xffff;
        }
        machine.cpu.memory.write(FloatMachine.OPERAND, 8, r.getLong(90));
        machine.cpu.memory.write(FloatMachine.OPERAND + 8, 2, r.getShort(98) & 0xffff);
        state.r[CpuState.RAX] = 0x5a5a;
        state.flags.setStatus(0x8d5);
        int opcode = opcode(r);
        machine.execute(opcode >> 8, opcode & 0xff);
        String difference = first(
                differs("FCW", r.getShort(100) & 0xffff, fpu.control),
                differs("FSW", r.getShort(102) & comparedStatus(opcode), fpu.statusWord() & comparedStatus(opcode)),
                differs("FTW", r.getShort(104) & 0xffff, fpu.tagWord()),
                differs("memory", r.getLong(186), machine.cpu.memory.read(FloatMachine.OPERAND, 8)),
                differs("memory", r.getShort(194) & 0xffff, machine.cpu.memory.read(FloatMachine.OPERAND + 8, 2)),
                differs("AX", r.getShort(200) & 0xffff, state.r[CpuState.RAX]),
                differs("RFLAGS", r.getInt(196), state.flags.status()));
        for (int st = 0; st < 8 && difference == null; st++) {
            difference = register(fpu, st, r, transcendental(opcode));
        }
        return difference;
    }

    private static String register(FpuState fpu, int st, ByteBuffer r, boolean approximate) {
        int register = (fpu.top + st) & 7;
        long significand = r.getLong(OUTPUT_STACK + 10 * st);
        int signExponent = r.getShort(OUTPUT_STACK + 10 * st + 8) & 0xffff;
        long distance = fpu.significand[register] - significand;
        if (approximate && fpu.signExponent[register] == signExponent && Math.abs(distance) <= 1) {
            return null;
        }
        if (approximate && Math.abs(fpu.signExponent[register] - signExponent) == 1) {
            // One unit apart across a power of two.
            long greater = fpu.signExponent[register] > signExponent ? fpu.significand[register] : significand;
            long lesser = fpu.signExponent[register] > signExponent ? significand : fpu.significand[register];
            if (greater == Long.MIN_VALUE && lesser == -1L) {
                return null;
            }
        }
        return first(
                differs("exponent of st" + st, signExponent, fpu.signExponent[register]),
                differs("significand of st" + st, significand, fpu.significand[register]));
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
