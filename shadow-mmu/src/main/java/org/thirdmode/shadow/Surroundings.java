package org.thirdmode.shadow;

import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * What an MMU stands in: all that it asks of the hypervisor around it.
 *
 * @param memory host-physical memory: guest memory and tables are both in it
 * @param registers the virtual CPU's
 * @param limits the guest's CPUID
 * @param slots the guest's memory
 * @param pages where table pages come from
 * @param tlb flush requests
 * @param host the host's table format
 * @param others who else acts while the MMU is at work
 */
public record Surroundings(
        PhysicalMemory memory,
        PagingRegisters registers,
        GuestLimits limits,
        MemorySlots slots,
        HostPages pages,
        TlbControl tlb,
        HostFormat host,
        Others others) {
    /** Where nobody else acts while the MMU is at work. */
    public Surroundings(
            PhysicalMemory memory,
            PagingRegisters registers,
            GuestLimits limits,
            MemorySlots slots,
            HostPages pages,
            TlbControl tlb,
            HostFormat host) {
        this(memory, registers, limits, slots, pages, tlb, host, Others.NONE);
    }

    /** The same with other flush requests. */
    public Surroundings withTlb(TlbControl other) {
        return new Surroundings(memory, registers, limits, slots, pages, other, host, others);
    }
}
