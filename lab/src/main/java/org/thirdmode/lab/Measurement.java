package org.thirdmode.lab;

import java.util.Map;
import java.util.Optional;
import org.thirdmode.cost.Counts;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.x86.paging.WalkCounters;

/**
 * What a run did.
 *
 * @param outcome how it ended
 * @param output SHA-256 of what the guest wrote to its first serial port, in hexadecimal
 * @param instructions of the guest, wherever they were executed
 * @param exits VM exits by reason, in the manual's words
 * @param mmu what the hypervisor's MMU did; empty on the bare machine
 * @param walks what the processor's page walks did for the guest
 * @param counts all that its price depends on
 */
public record Measurement(
        Setup setup,
        MachineOutcome outcome,
        String output,
        long instructions,
        Map<String, Long> exits,
        Optional<MmuCounters> mmu,
        WalkCounters walks,
        Counts counts) {
    /** VM exits for any reason. */
    public long allExits() {
        return exits.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Entries read in tables of either dimension. */
    public long references() {
        return walks.allTableReferences() + walks.allNestedReferences();
    }

    /** Entries read in tables of either dimension a walk: what a TLB miss costs. */
    public double referencesPerWalk() {
        return walks.walks == 0 ? 0 : (double) references() / walks.walks;
    }

    /** Whether the guest could not tell this run from another: the same output, instructions and end. */
    public boolean agreesWith(Measurement other) {
        return output.equals(other.output) && instructions == other.instructions && outcome.equals(other.outcome);
    }
}
