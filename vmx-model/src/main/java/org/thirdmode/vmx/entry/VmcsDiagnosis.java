package org.thirdmode.vmx.entry;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.vmcs.VmcsField;

/**
 * A VMCS of which perhaps not everything is known, held against every check of a VM entry.
 *
 * @param failing the checks that fail, in the manual's order
 * @param undecided the checks that look at something that is not known
 * @param held how many checks hold
 */
public record VmcsDiagnosis(List<Finding> failing, List<Undecided> undecided, int held) {
    /** A check that fails, what was found, and the smallest change that satisfies it. */
    public record Finding(EntryCheck check, List<Found> found, Change change) {}

    /**
     * A field that a failing check looks at.
     *
     * @param mask the bits it looks at
     */
    public record Found(VmcsField field, long value, long mask) {
        /** One line: {@code NAME = value}, and the bits where they are not all. */
        public String words() {
            String line = field.name() + " = " + field.hex(value);
            if (mask == field.mask) {
                return line;
            }
            List<String> parts = new ArrayList<>();
            for (long rest = mask; rest != 0; ) {
                int high = Long.SIZE - 1 - Long.numberOfLeadingZeros(rest);
                int low = high;
                while (low > 0 && ((rest >>> (low - 1)) & 1) != 0) {
                    low--;
                }
                long range = (-1L >>> (Long.SIZE - 1 - high + low)) << low;
                String bits = low == high ? BitNames.words(field, low) : "bits " + high + ":" + low;
                long found = (value & range) >>> low;
                parts.add(bits + " = " + (low == high ? "" + found : "0x" + Long.toHexString(found)));
                rest &= ~range;
            }
            return line + ": "
                    + (parts.size() <= MOST_RANGES ? String.join(", ", parts) : "bits " + BitNames.ranges(mask));
        }
    }

    /**
     * A change of one field.
     *
     * @param breaks the checks that held before it and fail after it
     */
    public record Change(VmcsField field, long from, long to, List<String> breaks) {
        /** One line: what to set and to clear, or what to write. */
        public String words() {
            long set = to & ~from;
            long clear = from & ~to;
            List<String> steps = new ArrayList<>();
            if (Long.bitCount(set | clear) <= MOST_BITS_NAMED) {
                addBits(steps, "set ", set);
                addBits(steps, "clear ", clear);
            } else {
                steps.add("write " + field.hex(to));
            }
            return field.name() + ": " + String.join(", ", steps) + " (" + field.hex(from) + " -> " + field.hex(to)
                    + ")";
        }

        private void addBits(List<String> steps, String verb, long bits) {
            for (int bit = 63; bit >= 0; bit--) {
                if (((bits >>> bit) & 1) != 0) {
                    steps.add(verb + BitNames.words(field, bit));
                }
            }
        }

        private int size() {
            return Long.bitCount(from ^ to);
        }
    }

    /** A check that cannot be decided, and what would have to be known. */
    public record Undecided(EntryCheck check, List<String> missing) {}

    private enum Verdict {
        HOLDS,
        FAILS,
        UNDECIDED
    }

    private static final int MOST_BITS_NAMED = 4;
    private static final int MOST_RANGES = 6;

    /** The most bits of a field of which pairs are tried. */
    private static final int MOST_BITS_PAIRED = 20;

    /**
     * Holds a VMCS against every check.
     *
     * @param processors what the processor may be: a check whose outcome differs between them is undecided
     * @param physicalAddressWidth in bits, 32 to 52
     * @param hostInLongMode IA32_EFER.LMA at the VM entry; null where it is not known
     */
    public static VmcsDiagnosis of(
            VmcsView vmcs, List<VmxCapabilities> processors, int physicalAddressWidth, Boolean hostInLongMode) {
        List<Facts> facts = processors.stream()
                .map(processor -> new Facts(processor, physicalAddressWidth))
                .toList();
        return new Search(facts, vmcs, hostInLongMode).run();
    }

    /** What was found about the fields of a check. */
    private static List<Found> found(EntryCheck check, VmcsView vmcs) {
        Map<VmcsField, Long> masks = new LinkedHashMap<>();
        for (EntryCheck.Bits bits : check.reads()) {
            if (vmcs.knows(bits.field())) {
                masks.merge(bits.field(), bits.mask(), (one, other) -> one | other);
            }
        }
        List<Found> found = new ArrayList<>();
        masks.forEach((field, mask) -> found.add(new Found(field, vmcs.get(field), mask & field.mask)));
        return found;
    }

    /** One run over the table. */
    private static final class Search {
        private final List<Facts> processors;
        private final VmcsView vmcs;
        private final Boolean longMode;
        private Verdict[] before;

        Search(List<Facts> processors, VmcsView vmcs, Boolean longMode) {
            this.processors = processors;
            this.vmcs = vmcs;
            this.longMode = longMode;
        }

        VmcsDiagnosis run() {
            List<Finding> failing = new ArrayList<>();
            List<Undecided> undecided = new ArrayList<>();
            int held = 0;
            before = new Verdict[EntryChecks.ALL.size()];
            for (int n = 0; n < before.length; n++) {
                EntryCheck check = EntryChecks.ALL.get(n);
                Set<String> missing = new TreeSet<>();
                before[n] = verdict(check, vmcs, missing);
                switch (before[n]) {
                    case HOLDS -> held++;
                    case FAILS -> failing.add(new Finding(check, found(check, vmcs), null));
                    case UNDECIDED -> undecided.add(new Undecided(check, List.copyOf(missing)));
                }
            }
            failing.replaceAll(finding -> new Finding(finding.check, finding.found, smallest(finding.check)));
            return new VmcsDiagnosis(List.copyOf(failing), List.copyOf(undecided), held);
        }

        private Verdict verdict(EntryCheck check, VmcsView view, Set<String> missing) {
            if (check.section() == Section.MSR_LOADING) {
                return msrLoading(view, missing);
            }
            Verdict all = null;
            for (Facts facts : processors) {
                facts.look(view, longMode);
                boolean holds = check.predicate().holds(facts);
                missing.addAll(facts.unknown());
                Verdict one = holds ? Verdict.HOLDS : Verdict.FAILS;
                if (all != null && all != one) {
                    missing.add("which processor it is (--cpu)");
                }
                all = one;
            }
            return missing.isEmpty() ? all : Verdict.UNDECIDED;
        }

        /** The entries of the area are in memory, which no dump shows. */
        private static Verdict msrLoading(VmcsView view, Set<String> missing) {
            if (view.knows(VmcsField.VM_ENTRY_MSR_LOAD_COUNT) && view.get(VmcsField.VM_ENTRY_MSR_LOAD_COUNT) == 0) {
                return Verdict.HOLDS;
            }
            missing.add("the entries of the VM-entry MSR-load area");
            return Verdict.UNDECIDED;
        }

        private Change smallest(EntryCheck check) {
            List<Change> candidates = new ArrayList<>();
            Facts facts = processors.getFirst();
            facts.look(vmcs, longMode);
            for (EntryCheck.Remedy remedy : check.remedies()) {
                if (vmcs.knows(remedy.field())) {
                    consider(check, remedy.field(), remedy.value().in(facts), candidates);
                    facts.look(vmcs, longMode);
                }
            }
            List<EntryCheck.Bits> changeable = changeable(check);
            changeable.forEach(bits -> flipOne(check, bits, candidates));
            if (candidates.stream().allMatch(change -> !change.breaks.isEmpty())) {
                changeable.stream()
                        .filter(bits -> Long.bitCount(bits.mask()) <= MOST_BITS_PAIRED)
                        .forEach(bits -> flipTwo(check, bits, candidates));
            }
            return candidates.stream()
                    .min(Comparator.<Change>comparingInt(change -> change.breaks.size())
                            .thenComparingInt(Change::size))
                    .orElse(null);
        }

        /** Where a row names values that satisfy it, only their fields: not what makes it look at them at all. */
        private List<EntryCheck.Bits> changeable(EntryCheck check) {
            return check.reads().stream()
                    .filter(bits -> vmcs.knows(bits.field()))
                    .filter(bits -> check.remedies().isEmpty()
                            || check.remedies().stream().anyMatch(remedy -> remedy.field() == bits.field()))
                    .toList();
        }

        private void flipOne(EntryCheck check, EntryCheck.Bits bits, List<Change> candidates) {
            for (long rest = bits.mask(); rest != 0; rest &= rest - 1) {
                consider(check, bits.field(), vmcs.get(bits.field()) ^ Long.lowestOneBit(rest), candidates);
            }
        }

        private void flipTwo(EntryCheck check, EntryCheck.Bits bits, List<Change> candidates) {
            for (long rest = bits.mask(); rest != 0; rest &= rest - 1) {
                for (long other = rest & (rest - 1); other != 0; other &= other - 1) {
                    long flipped = Long.lowestOneBit(rest) | Long.lowestOneBit(other);
                    consider(check, bits.field(), vmcs.get(bits.field()) ^ flipped, candidates);
                }
            }
        }

        private void consider(EntryCheck check, VmcsField field, long value, List<Change> candidates) {
            VmcsView changed = vmcs.copy().put(field, value);
            if (verdict(check, changed, new TreeSet<>()) != Verdict.HOLDS) {
                return;
            }
            List<String> breaks = new ArrayList<>();
            for (int n = 0; n < before.length; n++) {
                EntryCheck other = EntryChecks.ALL.get(n);
                if (before[n] == Verdict.HOLDS
                        && other.reads(field)
                        && verdict(other, changed, new TreeSet<>()) == Verdict.FAILS) {
                    breaks.add(other.id());
                }
            }
            candidates.add(new Change(field, vmcs.get(field), value & field.mask, List.copyOf(breaks)));
        }
    }
}
