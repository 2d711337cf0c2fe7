package org.thirdmode.x86.exec;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HexFormat;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.decode.Decoder;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.CpuState;

/** Hot code as a method of the JVM: nothing tells it from the same code instruction by instruction but time. */
class Regions {
    private static final Decoder DECODER = new Decoder(CpuProfile.GENERIC.features());

    @Property(tries = 60)
    void inProtectedModeDoWhatTheirInstructionsDo(@ForAll long seed) {
        compare(new Random(seed), false);
    }

    @Property(tries = 60)
    void in64BitModeDoWhatTheirInstructionsDo(@ForAll long seed) {
        compare(new Random(seed), true);
    }

    @Test
    void executeEveryFastFormButBranchesThroughRegistersAndMemory() {
        BitSet executed = new BitSet();
        for (boolean is64 : new boolean[] {false, true}) {
            Random random = new Random(1);
            int[] met = new int[Forms.COUNT];
            for (int n = 0; n < 200_000; n++) {
                byte[] page = new byte[Frame.SIZE];
                NavigableMap<Integer, Instruction> body = body(random, is64, page, 1);
                if (met[body.firstEntry().getValue().form]++ < 9) {
                    compare(random, is64, page, body, executed);
                }
            }
        }
        BitSet missing = new BitSet();
        missing.set(Forms.DROPPED + 1, Forms.COUNT);
        missing.andNot(executed);
        for (int form :
                new int[] {Forms.CALL_32, Forms.JMP_32, Forms.RET_32, Forms.CALL_64, Forms.JMP_64, Forms.RET_64}) {
            missing.clear(form);
        }
        assertTrue(missing.isEmpty(), () -> "forms that no region has executed: " + missing);
    }

    @Test
    void areMadeOfALoopThatTakesManyInstructions() {
        Processor cpu = countingLoop();
        cpu.run(1_000_000);
        assertEquals(1, cpu.regions());
        assertEquals(1_000_000, cpu.instructions());
        assertEquals(333_334, cpu.state.r[CpuState.RAX], "three instructions a round");
    }

    @Test
    void endWithAWriteToTheirCode() {
        Processor cpu = countingLoop();
        cpu.run(1_000_000);
        long before = cpu.state.r[CpuState.RAX];
        // DEC EAX in the place of INC EAX
        cpu.memory.write(FastForms.CODE + 1, 1, 0xc8);
        assertEquals(0, cpu.regions());
        cpu.run(1_300_000);
        assertEquals(before - 100_000, cpu.state.r[CpuState.RAX]);
    }

    @Test
    void endWithAWriteOfTheirOwnToTheirCode() {
        Processor cpu = TestProcessors.flat64();
        // loop: INC EAX; CMP EAX, 500000; JNE next; MOV BYTE [CODE + 1], C8; next: JMP loop
        cpu.memory.load(
                FastForms.CODE, HexFormat.of().parseHex("ffc0" + "3d20a10700" + "7508" + "c6042501100000c8" + "ebed"));
        cpu.state.rip = FastForms.CODE;
        cpu.run(500_000 * 4 - 1);
        assertEquals(1, cpu.regions());
        assertEquals(500_000, cpu.state.r[CpuState.RAX]);
        // The write, and from then on it counts down.
        cpu.run(cpu.now() + 2 + 4 * 1_000);
        assertEquals(499_000, cpu.state.r[CpuState.RAX]);
    }

    /** INC EAX; NOP; JMP. */
    private static Processor countingLoop() {
        Processor cpu = TestProcessors.flat64();
        cpu.memory.load(FastForms.CODE, HexFormat.of().parseHex("ffc0" + "90" + "ebfb"));
        cpu.state.rip = FastForms.CODE;
        return cpu;
    }

    /** Random code of a few dozen instructions, with branches among them, run as a region and step by step. */
    private static void compare(Random random, boolean is64) {
        byte[] page = new byte[Frame.SIZE];
        compare(random, is64, page, body(random, is64, page, 1 + random.nextInt(30)), new BitSet());
    }

    private static void compare(
            Random random, boolean is64, byte[] page, NavigableMap<Integer, Instruction> body, BitSet executed) {
        if (!RegionForms.known(body.firstEntry().getValue())) {
            return;
        }
        body.values().removeIf(i -> !RegionForms.known(i));
        Region region = RegionCompiler.compile(body, 0);
        Processor inRegion = is64 ? TestProcessors.flat64() : TestProcessors.flat32();
        Processor stepped = is64 ? TestProcessors.flat64() : TestProcessors.flat32();
        String what = HexFormat.of().formatHex(page, 0, body.lastEntry().getValue().end)
                + (is64 ? " in 64-bit mode" : " in protected mode");
        for (int round = 0; round < 20; round++) {
            prepare(List.of(inRegion, stepped), page, random, is64);
            int budget = 1 + random.nextInt(150);
            inRegion.budget = budget;
            int offset = region.run(inRegion, inRegion.mmu.view());
            inRegion.state.rip = (long) FastForms.CODE + offset;
            inRegion.thrown = null;
            for (long n = inRegion.budget; n < budget; n++) {
                Instruction i = body.get((int) stepped.state.rip - FastForms.CODE);
                assertNotEquals(null, i, () -> "left the region at " + Long.toHexString(stepped.state.rip));
                executed.set(i.form);
                stepped.step();
            }
            assertEquals(FastForms.describe(stepped), FastForms.describe(inRegion), what);
            assertArrayEquals(FastForms.bytes(stepped), FastForms.bytes(inRegion), what);
        }
    }

    private static void prepare(List<Processor> processors, byte[] page, Random random, boolean is64) {
        byte[] data = new byte[Frame.SIZE];
        random.nextBytes(data);
        long[] registers = FastForms.registers(random, is64);
        boolean addresses = random.nextBoolean();
        for (int n = 0; n < 16; n++) {
            if (addresses && random.nextInt(4) != 0) {
                registers[n] = (long) FastForms.DATA + random.nextInt(Frame.SIZE);
            }
        }
        int rflags = random.nextInt() & 0x8d5;
        for (Processor cpu : processors) {
            cpu.memory.load(FastForms.CODE, page);
            cpu.memory.load(FastForms.DATA, data);
            System.arraycopy(registers, 0, cpu.state.r, 0, 16);
            cpu.state.r[CpuState.RIP_PAGE] = FastForms.CODE;
            cpu.state.flags.setStatus(rflags);
            cpu.state.rip = FastForms.CODE;
            // What is no hit in the software TLB is left to the run loop.
            for (int n = -1; n <= 1; n++) {
                long at = FastForms.DATA + n * (long) Frame.SIZE;
                cpu.mmu.write(at, 1, cpu.mmu.read(at, 1));
            }
        }
    }

    private static NavigableMap<Integer, Instruction> body(Random random, boolean is64, byte[] page, int count) {
        List<Integer> starts = new ArrayList<>();
        List<Integer> ends = new ArrayList<>();
        int at = 0;
        while (starts.size() < count) {
            byte[] code = FastForms.code(random, is64);
            Instruction i = DECODER.decode(code, 0, 16, is64 ? 64 : 32);
            if (i != null) {
                System.arraycopy(code, 0, page, at, i.length);
                starts.add(at);
                at += i.length;
                ends.add(at);
            }
        }
        NavigableMap<Integer, Instruction> body = new TreeMap<>();
        for (int n = 0; n < count; n++) {
            int opcode = page[starts.get(n)] & 0xff;
            int to = starts.get(random.nextInt(count)) - ends.get(n);
            if ((opcode >= 0x70 && opcode < 0x80) || opcode == 0xeb) {
                page[ends.get(n) - 1] = (byte) to;
            } else if (opcode == 0xe8 || opcode == 0xe9) {
                Frame.INT.set(page, ends.get(n) - 4, to);
            } else if (opcode == 0x0f && (page[starts.get(n) + 1] & 0xf0) == 0x80) {
                Frame.INT.set(page, ends.get(n) - 4, to);
            }
            Instruction i = DECODER.decode(page, starts.get(n), Frame.SIZE, is64 ? 64 : 32);
            Forms.settle(i, starts.get(n));
            body.put(starts.get(n), i);
        }
        return body;
    }
}
