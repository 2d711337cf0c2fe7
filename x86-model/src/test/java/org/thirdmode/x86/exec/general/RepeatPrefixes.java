package org.thirdmode.x86.exec.general;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.SingleStep;
import org.thirdmode.x86.exec.TestProcessors;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/** SDM 2 "REP/REPE/REPZ/REPNE/REPNZ—Repeat String Operation Prefix". */
class RepeatPrefixes {
    private static final int MOVSB = 0xa4;
    private static final int STOSB = 0xaa;
    private static final int LODSB = 0xac;
    private static final long AREA = 0x1_0000;
    private static final int AREA_SIZE = 0x4000;

    private static final String[] FORMS = {
        "f3a4", "66f3a5", "f3a5", "f348a5", "67f3a5", "f3aa", "66f3ab", "f3ab", "f348ab", "67f3ab",
    };

    /** Blocks are a short cut: what they leave is what the iterations leave one by one. */
    @Property(tries = 200)
    void manyIterationsAtOnceAreAsManyOneByOne(
            @ForAll @IntRange(min = 0, max = 9) int form,
            @ForAll @IntRange(min = 0, max = 0x3000) int source,
            @ForAll @IntRange(min = -40, max = 0x1000) int distance,
            @ForAll @IntRange(min = 0, max = 0x800) int count,
            @ForAll boolean down) {
        int[] code = Programs.bytes(FORMS[form]);
        Processor atOnce = prepared(code, source, source + distance, count, down);
        Processor oneByOne = prepared(code, source, source + distance, count, down);
        atOnce.run(atOnce.now() + Math.max(1, count));
        do {
            oneByOne.state.systemFlags |= Rflags.TF;
            SingleStep.step(oneByOne);
            oneByOne.pendingDebug = 0;
        } while (oneByOne.state.rip == Programs.CODE);
        assertArrayEquals(registers(oneByOne), registers(atOnce));
        assertArrayEquals(area(oneByOne), area(atOnce));
    }

    private static Processor prepared(int[] code, int source, int destination, int count, boolean down) {
        Processor cpu = TestProcessors.flat64();
        for (int n = 0; n < AREA_SIZE; n++) {
            cpu.memory.write(AREA + n, 1, n * 7L + (n >> 8));
        }
        Programs.load(cpu, code);
        CpuState s = cpu.state;
        s.r[CpuState.RAX] = 0x0123_4567_89ab_cdefL;
        s.r[CpuState.RCX] = count;
        s.r[CpuState.RSI] = AREA + source;
        s.r[CpuState.RDI] = AREA + destination;
        s.systemFlags |= down ? Rflags.DF : 0;
        return cpu;
    }

    private static long[] registers(Processor cpu) {
        long[] registers = Arrays.copyOf(cpu.state.r, 17);
        registers[16] = cpu.state.rip;
        return registers;
    }

    private static byte[] area(Processor cpu) {
        byte[] area = new byte[4 * AREA_SIZE];
        for (int n = 0; n < area.length; n++) {
            area[n] = (byte) cpu.memory.read(AREA - AREA_SIZE + n, 1);
        }
        return area;
    }

    @Test
    void everyIterationIsATickAndTheInstructionGoesOnWhereItStopped() {
        Processor cpu = prepared(new int[] {0xf3, LODSB}, 0, 0, 10, false);
        long begin = cpu.now();
        cpu.run(begin + 3);
        assertEquals(begin + 3, cpu.now());
        assertEquals(7, cpu.state.r[CpuState.RCX]);
        assertEquals(AREA + 3, cpu.state.r[CpuState.RSI]);
        assertEquals(Programs.CODE, cpu.state.rip);
        cpu.run(begin + 10);
        assertEquals(0, cpu.state.r[CpuState.RCX]);
        assertEquals(Programs.CODE + 2, cpu.state.rip);
    }

    @Test
    void aBlockStopsAtItsTickToo() {
        Processor cpu = prepared(new int[] {0xf3, STOSB}, 0, 0, 1000, false);
        long begin = cpu.now();
        cpu.run(begin + 333);
        assertEquals(1000 - 333, cpu.state.r[CpuState.RCX]);
        assertEquals(AREA + 333, cpu.state.r[CpuState.RDI]);
        assertEquals(Programs.CODE, cpu.state.rip);
    }

    @Test
    void aCountOf0DoesNothing() {
        Processor cpu = prepared(new int[] {0xf3, STOSB}, 0, 0, 0, false);
        SingleStep.step(cpu);
        assertEquals(Programs.CODE + 2, cpu.state.rip);
        assertEquals(AREA, cpu.state.r[CpuState.RDI]);
    }

    @Test
    void theTrapFlagStopsAfterEachIteration() {
        Processor cpu = prepared(new int[] {0xf3, STOSB}, 0, 0, 5, false);
        cpu.state.systemFlags |= Rflags.TF;
        SingleStep.step(cpu);
        assertEquals(4, cpu.state.r[CpuState.RCX]);
        assertEquals(Programs.CODE, cpu.state.rip);
    }

    @Test
    void aFaultLeavesRegistersAsAfterTheLastIterationCompleted() {
        Processor cpu = TestProcessors.flat32();
        Programs.load(cpu, 0xf3, MOVSB + 1);
        cpu.state.segments[Segment.ES].limit = 0x4fff;
        cpu.state.deriveSegment(Segment.ES);
        cpu.state.r[CpuState.RCX] = 100;
        cpu.state.r[CpuState.RSI] = 0x2000;
        cpu.state.r[CpuState.RDI] = 0x5000 - 4 * 20 - 2;
        GuestFault fault = null;
        while (fault == null) {
            fault = SingleStep.step(cpu);
        }
        assertEquals(Vector.GP, fault.vector);
        assertEquals(80, cpu.state.r[CpuState.RCX]);
        assertEquals(0x2000 + 80, cpu.state.r[CpuState.RSI]);
        assertEquals(0x5000 - 2, cpu.state.r[CpuState.RDI]);
        assertEquals(Programs.CODE, cpu.state.rip);
    }
}
