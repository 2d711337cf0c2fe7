package org.thirdmode.cost;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What a run did, and under which conditions it was counted: all that its price depends on.
 *
 * @param workload what ran
 * @param on on what: {@code bare}, {@code vmx/nested}
 * @param conditions how it was counted
 * @param quantities what is not said is 0
 * @param exits by reason
 */
public record Counts(
        String workload, String on, Conditions conditions, Map<Quantity, Long> quantities, List<ExitCounts> exits) {
    /** The extension that ran the guest. */
    public enum Extension {
        NONE,
        VMX,
        SVM
    }

    /**
     * How a run was counted.
     *
     * @param extension which ran the guest
     * @param nested whether a second dimension translated its addresses
     * @param tlbs whose TLBs and walk caches were modelled; empty for fidelity {@code fast}
     * @param caches the profile whose cache hierarchy was modelled; empty for none
     */
    public record Conditions(Extension extension, boolean nested, String tlbs, String caches) {
        /** Whether references were counted by where they hit. */
        public boolean cachesModelled() {
            return !caches.isEmpty();
        }
    }

    public Counts {
        Map<Quantity, Long> copy = new EnumMap<>(Quantity.class);
        quantities.forEach((quantity, count) -> {
            if (count < 0) {
                throw new IllegalArgumentException(quantity.title + ": " + count + " is negative");
            }
            if (count != 0) {
                copy.put(quantity, count);
            }
        });
        quantities = copy;
        exits = List.copyOf(exits);
    }

    /** How often; 0 where it is not said. */
    public long of(Quantity quantity) {
        return quantities.getOrDefault(quantity, 0L);
    }

    /** Exits for any reason. */
    public long allExits() {
        return exits.stream().mapToLong(ExitCounts::exits).sum();
    }
}
