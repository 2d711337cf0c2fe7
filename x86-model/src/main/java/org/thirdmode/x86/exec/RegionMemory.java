package org.thirdmode.x86.exec;

import org.thirdmode.x86.paging.Reenter;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;

/**
 * Accesses of a {@link Region} that are no hits of the software TLB. What they throw waits in the processor until the region has
 * put away what it keeps in local variables, and the run loop throws it again.
 */
final class RegionMemory {
    private RegionMemory() {}

    /** Reads, zero-extended, what is written next if it {@code updates}; meaningless where it throws. */
    static long load(Processor cpu, long linear, int size, boolean updates) {
        try {
            return cpu.mmu.load(linear, size, updates);
        } catch (GuestFault | GuestExit | Reenter thrown) {
            cpu.thrown = thrown;
            return 0;
        }
    }

    static void store(Processor cpu, long linear, int size, long value) {
        try {
            switch (size) {
                case 1 -> cpu.mmu.write8(linear, (int) value);
                case 2 -> cpu.mmu.write16(linear, (int) value);
                case 4 -> cpu.mmu.write32(linear, (int) value);
                default -> cpu.mmu.write64(linear, value);
            }
        } catch (GuestFault | GuestExit | Reenter thrown) {
            cpu.thrown = thrown;
        }
    }
}
