package org.thirdmode.x86.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Supplier;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.decode.Decoder;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.CpuState;

/** The run loop's own instructions are short cuts: nothing tells them from the second level but time. */
class FastForms {
    static final int CODE = 0x1000;
    static final int DATA = 0x8000;

    /** Opcode bytes whose instructions have fast forms, or share a first byte with one that has. */
    private static final byte[][] OPENINGS = openings();

    private static byte[][] openings() {
        int[] one = {
            0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x10, 0x11, 0x12, 0x13, 0x14, 0x15,
            0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x28, 0x29, 0x2a, 0x2b, 0x2c, 0x2d,
            0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x38, 0x39, 0x3a, 0x3b, 0x3c, 0x3d, 0x50, 0x51, 0x54, 0x58, 0x59, 0x5c,
            0x63, 0x68, 0x69, 0x6a, 0x6b, 0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7a, 0x7b, 0x7c,
            0x7d, 0x7e, 0x7f, 0x80, 0x81, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8d, 0x90, 0x91, 0x98,
            0x99, 0xa0, 0xa1, 0xa2, 0xa3, 0xa8, 0xa9, 0xb0, 0xb4, 0xb8, 0xc0, 0xc1, 0xc3, 0xc6, 0xc7, 0xc9, 0xd0, 0xd1,
            0xd2, 0xd3, 0xe8, 0xe9, 0xeb, 0xf6, 0xf7, 0xfe, 0xff
        };
        int[] two = {
            0x1f, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0x84,
            0x85, 0x8c, 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f,
            0xa3, 0xab, 0xaf, 0xb3, 0xb6, 0xb7, 0xba, 0xbb, 0xbe, 0xbf, 0xc8, 0xcb
        };
        byte[][] all = new byte[one.length + two.length][];
        for (int n = 0; n < one.length; n++) {
            all[n] = new byte[] {(byte) one[n]};
        }
        for (int n = 0; n < two.length; n++) {
            all[one.length + n] = new byte[] {0x0f, (byte) two[n]};
        }
        return all;
    }

    @Property(tries = 100)
    void doInProtectedModeWhatTheSecondLevelDoes(@ForAll("seeds") long seed) {
        compare(seed, false);
    }

    @Property(tries = 100)
    void doIn64BitModeWhatTheSecondLevelDoes(@ForAll("seeds") long seed) {
        compare(seed, true);
    }

    @Provide
    Arbitrary<Long> seeds() {
        return Arbitraries.longs();
    }

    @Test
    void areAllReachedByTheProperty() {
        BitSet seen = new BitSet();
        Decoder decoder = new Decoder(CpuProfile.GENERIC.features());
        for (int width : new int[] {32, 64}) {
            Random random = new Random(width);
            for (int n = 0; n < 200_000; n++) {
                Instruction i = decoder.decode(code(random, width == 64), 0, 16, width);
                if (i != null) {
                    Forms.settle(i, 0);
                    seen.set(i.form);
                }
            }
        }
        BitSet missing = new BitSet();
        missing.set(Forms.DROPPED + 1, Forms.COUNT);
        missing.andNot(seen);
        assertTrue(missing.isEmpty(), () -> "forms never generated: " + missing);
    }

    /** Bytes that begin with an instruction, mostly one that has a fast form. */
    static byte[] code(Random random, boolean is64) {
        byte[] code = new byte[16];
        random.nextBytes(code);
        int at = 0;
        if (random.nextInt(8) == 0) {
            code[at++] = (byte) (random.nextBoolean() ? 0x66 : is64 ? 0x67 : 0x36);
        }
        if (is64 && random.nextInt(3) != 0) {
            code[at++] = (byte) (0x40 | random.nextInt(16));
        }
        byte[] opening = OPENINGS[random.nextInt(OPENINGS.length)];
        System.arraycopy(opening, 0, code, at, opening.length);
        int modRm = at + opening.length;
        if (random.nextBoolean()) {
            code[modRm] |= (byte) 0xc0;
        } else if (random.nextBoolean()) {
            // A base register with a small displacement: mostly within memory.
            code[modRm] = (byte) ((code[modRm] & 0x3f) | 0x40);
        }
        return code;
    }

    /** Registers that mostly lead to memory, or are what an instruction wants. */
    static long[] registers(Random random, boolean is64) {
        long[] registers = new long[16];
        for (int n = 0; n < 16; n++) {
            registers[n] = switch (random.nextInt(5)) {
                case 0 -> DATA + random.nextInt(0x1000);
                case 1 -> random.nextInt();
                case 2 -> random.nextInt(256) - 128L;
                // What divisions want in rDX.
                case 3 -> random.nextInt(2) - 1L;
                default -> random.nextLong();
            };
            if (!is64) {
                registers[n] &= 0xffff_ffffL;
            }
        }
        registers[CpuState.RSP] = DATA + 0x800L + random.nextInt(64);
        return registers;
    }

    private static void compare(long seed, boolean is64) {
        Random random = new Random(seed);
        Processor fast = is64 ? TestProcessors.flat64() : TestProcessors.flat32();
        Processor slow = is64 ? TestProcessors.flat64() : TestProcessors.flat32();
        byte[] data = new byte[0x1000];
        for (int round = 0; round < 200; round++) {
            byte[] code = code(random, is64);
            random.nextBytes(data);
            long[] registers = registers(random, is64);
            int rflags = random.nextInt() & 0x8d5;
            for (Processor cpu : Set.of(fast, slow)) {
                cpu.memory.load(CODE, code);
                cpu.memory.load(DATA, data);
                System.arraycopy(registers, 0, cpu.state.r, 0, 16);
                cpu.state.flags.setStatus(rflags);
                cpu.state.rip = CODE;
                cpu.activity = Processor.Activity.ACTIVE;
            }
            fast.run(fast.now() + 1);
            Supplier<String> what =
                    () -> HexFormat.of().formatHex(code) + (is64 ? " in 64-bit mode" : " in protected mode");
            try {
                slow.step();
            } catch (org.thirdmode.x86.state.GuestFault fault) {
                slow.state.rip = slow.state.instructionRip;
                slow.events.deliverFault(fault);
            }
            assertEquals(slow.activity, fast.activity, what);
            if (!describe(slow).equals(describe(fast))) {
                assertEquals(describe(slow).toString(), describe(fast).toString(), what);
            }
            assertTrue(Arrays.equals(bytes(slow), bytes(fast)), () -> "memory " + what.get());
        }
    }

    record Outcome(long rip, long rflags, List<Long> registers) {
        @Override
        public String toString() {
            return String.format("rip=%x rflags=%x ", rip, rflags)
                    + registers.stream().map(Long::toHexString).toList();
        }
    }

    static Outcome describe(Processor cpu) {
        CpuState s = cpu.state;
        return new Outcome(s.rip, s.rflags(), Arrays.stream(s.r, 0, 16).boxed().toList());
    }

    /** The data page and its neighbours, which displacements and the stack reach. */
    static byte[] bytes(Processor cpu) {
        byte[] bytes = new byte[3 * Frame.SIZE];
        for (int n = 0; n < 3; n++) {
            System.arraycopy(
                    cpu.memory.frame(DATA + (n - 1L) * Frame.SIZE).bytes, 0, bytes, n * Frame.SIZE, Frame.SIZE);
        }
        return bytes;
    }
}
