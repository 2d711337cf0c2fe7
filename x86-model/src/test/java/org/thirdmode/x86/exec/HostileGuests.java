package org.thirdmode.x86.exec;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import java.util.function.Supplier;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Rflags;
import org.thirdmode.x86.state.Segment;

/** Whatever a guest contains, it faults, halts, shuts down or spends its budget: it never reaches Java. */
class HostileGuests {
    private static final long BUDGET = 3_000;

    private static final List<Supplier<Processor>> MODES =
            List.of(TestProcessors::real, TestProcessors::flat32, TestProcessors::flat64);

    @Property(tries = 400)
    void randomBytesAsCodeEndWithinTheirBudget(@ForAll long seed) {
        Random random = new Random(seed);
        Processor cpu = MODES.get(random.nextInt(MODES.size())).get();
        byte[] bytes = new byte[0xe0000];
        random.nextBytes(bytes);
        cpu.memory.load(0, bytes);
        scramble(cpu, random);
        run(cpu);
    }

    @Property(tries = 400)
    void randomTablesEndWithinTheirBudget(@ForAll long seed) {
        Random random = new Random(seed);
        Processor cpu = MODES.get(random.nextInt(MODES.size())).get();
        // Small numbers, flags and addresses within memory: tables that are half right go deepest.
        for (long at = 0; at < 0xe0000; at += 8) {
            long value = switch (random.nextInt(4)) {
                case 0 -> (random.nextLong() & 0xff000L) | random.nextInt(256);
                case 1 -> random.nextLong();
                case 2 -> random.nextInt(0x10000) * 0x1_0001_0001L;
                default -> 0x008f_9a00_0000_ffffL ^ (1L << random.nextInt(64));
            };
            cpu.memory.write(at, 8, value);
        }
        scramble(cpu, random);
        if (random.nextBoolean()) {
            cpu.state.cr0 |= Cr0.PG | Cr0.PE;
            cpu.state.cr4 ^= random.nextLong() & 0x37_0fffL;
            cpu.state.cr3 = (long) random.nextInt(0x100) << 12;
            if ((cpu.state.efer & Efer.LMA) != 0) {
                cpu.state.cr4 |= 0x20;
            } else {
                cpu.state.cr4 &= ~(1L << 17);
            }
            cpu.mmu.flushAll();
        }
        cpu.modeChanged();
        run(cpu);
    }

    private static void scramble(Processor cpu, Random random) {
        CpuState s = cpu.state;
        for (int n = 0; n < 16; n++) {
            s.r[n] = random.nextBoolean() ? random.nextInt(0xe0000) : random.nextLong() & s.linearMask;
        }
        s.rip = random.nextInt(0x10000);
        s.gdtrBase = random.nextInt(0xe0000);
        s.gdtrLimit = 0xffff;
        s.idtrBase = random.nextInt(0xe0000);
        s.idtrLimit = random.nextBoolean() ? 0xfff : 0x3ff;
        s.ldtr.set(8, random.nextInt(0xe0000), 0xffff, Segment.PRESENT | 2);
        s.tr.set(16, random.nextInt(0xe0000), random.nextInt(0x3000), Segment.PRESENT | 11);
        s.systemFlags = (random.nextInt() & Rflags.SYSTEM & ~Rflags.VM) | Rflags.FIXED;
        if (random.nextInt(4) == 0) {
            for (int n = 0; n < 4; n++) {
                s.dr[n] = random.nextInt(0xe0000);
            }
            s.dr[7] = random.nextInt() | 0x400;
        }
        if (random.nextInt(3) == 0 && s.protectedMode()) {
            s.cpl = 3;
            for (int n = 0; n < 6; n++) {
                s.segments[n].attributes |= 3 << Segment.DPL_SHIFT;
                s.segments[n].selector |= 3;
            }
        }
        cpu.modeChanged();
        cpu.flagsChanged();
    }

    private static void run(Processor cpu) {
        long until = cpu.now() + BUDGET;
        assertNotNull(cpu.run(until));
        assertTrue(cpu.now() <= until, () -> "ran past its budget by " + (cpu.now() - until));
    }
}
