package org.thirdmode.lab.boot;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a run has done up to a moment, or between two.
 *
 * @param instructions of the guest, wherever they were executed
 * @param exits VM exits by reason, in the manual's words
 * @param pageFaultExits exits that the hypervisor's MMU handled
 * @param guestFaults of these, page faults of the guest's own
 * @param walks what the processor did for the guest
 * @param references entries read in tables of either dimension by these walks
 */
public record Moment(
        long instructions,
        Map<String, Long> exits,
        long pageFaultExits,
        long guestFaults,
        long walks,
        long references) {
    static final Moment START = new Moment(0, Map.of(), 0, 0, 0, 0);

    Moment since(Moment before) {
        Map<String, Long> added = new LinkedHashMap<>();
        exits.forEach((reason, count) -> {
            long more = count - before.exits.getOrDefault(reason, 0L);
            if (more != 0) {
                added.put(reason, more);
            }
        });
        return new Moment(
                instructions - before.instructions,
                added,
                pageFaultExits - before.pageFaultExits,
                guestFaults - before.guestFaults,
                walks - before.walks,
                references - before.references);
    }

    /** VM exits for any reason. */
    public long allExits() {
        return exits.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Entries read in tables of either dimension a walk: what a TLB miss costs. */
    public double referencesPerWalk() {
        return walks == 0 ? 0 : (double) references / walks;
    }
}
