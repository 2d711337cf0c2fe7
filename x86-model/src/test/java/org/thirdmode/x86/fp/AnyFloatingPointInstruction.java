package org.thirdmode.x86.fp;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;

/** Whatever a guest's registers and memory hold, a floating-point instruction ends, well or in a fault. */
class AnyFloatingPointInstruction {
    private final FloatMachine machine = FloatMachine.in64();

    private void scramble(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        FpuState fpu = machine.fpu;
        fpu.setControl(random.nextInt());
        fpu.setStatusWord(random.nextInt(4) == 0 ? random.nextInt() : random.nextInt() & 0x7f00);
        fpu.valid = random.nextInt(3) == 0 ? random.nextInt(256) : 0xff;
        fpu.mxcsr = random.nextInt() & 0xffff;
        for (int n = 0; n < 8; n++) {
            int exponent = random.nextInt(4) == 0 ? random.nextInt() : 0x3fff - 80 + random.nextInt(160);
            fpu.signExponent[n] = exponent & 0xffff;
            fpu.significand[n] = random.nextLong() | (random.nextInt(8) == 0 ? 0 : Long.MIN_VALUE);
        }
        for (int n = 0; n < 32; n++) {
            fpu.xmm[n] = random.nextLong();
        }
        machine.cpu.memory.write(FloatMachine.OPERAND, 8, random.nextLong());
        machine.cpu.memory.write(FloatMachine.OPERAND + 8, 8, random.nextLong());
        machine.state.r[CpuState.RAX] = random.nextLong();
    }

    private void execute(byte[] code) {
        try {
            machine.executeAny(code);
        } catch (GuestFault e) {
            // Well-behaved.
        }
    }

    @Property(tries = 4_000)
    void endsWhereItIsOneOfX87(@ForAll long seed, @ForAll byte opcode, @ForAll byte modRm) {
        scramble(seed);
        byte rm = modRm >= -64 && modRm < 0 ? modRm : (byte) ((modRm & 0x38) | 7);
        execute(new byte[] {(byte) (0xd8 | (opcode & 7)), rm});
    }

    @Property(tries = 4_000)
    void endsWhereItIsOneOfSse(
            @ForAll long seed, @ForAll byte opcode, @ForAll byte modRm, @ForAll byte immediate, @ForAll byte way) {
        scramble(seed);
        byte rm = modRm >= -64 && modRm < 0 ? modRm : (byte) ((modRm & 0x38) | 7);
        byte prefix = new byte[] {0x66, (byte) 0xf2, (byte) 0xf3, 0x3e}[way & 3];
        switch ((way >> 2) & 3) {
            case 0 -> execute(new byte[] {prefix, 0x0f, 0x38, opcode, rm});
            case 1 -> execute(new byte[] {prefix, 0x0f, 0x3a, opcode, rm, immediate});
            default -> execute(new byte[] {prefix, 0x0f, opcode, rm, immediate});
        }
    }
}
