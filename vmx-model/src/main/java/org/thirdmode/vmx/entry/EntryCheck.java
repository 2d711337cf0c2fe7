package org.thirdmode.vmx.entry;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.vmx.vmcs.ControlBit;
import org.thirdmode.vmx.vmcs.VmcsField;

/**
 * One check of a VM entry: a row of the table {@link EntryChecks#ALL}.
 *
 * @param id a short name that stays the same from version to version
 * @param section where the manual states it
 * @param title what is looked at
 * @param requirement what must hold, as a sentence
 * @param reads the fields and bits it looks at, those first that it is about
 * @param qualification the exit qualification where the failure is reported as a VM exit. For {@link Section#MSR_LOADING} the
 *     number of the entry takes its place.
 * @param predicate whether it holds
 * @param remedies values that satisfy it
 */
public record EntryCheck(
        String id,
        Section section,
        String title,
        String requirement,
        List<Bits> reads,
        long qualification,
        Predicate predicate,
        List<Remedy> remedies) {
    /** Whether a check holds. */
    @FunctionalInterface
    public interface Predicate {
        boolean holds(Facts facts);
    }

    /** Bits of a field. */
    public record Bits(VmcsField field, long mask) {}

    /** A value of a field. */
    @FunctionalInterface
    public interface Value {
        long in(Facts facts);
    }

    /** A value of one field that satisfies a check. */
    public record Remedy(VmcsField field, Value value) {}

    /** What it reports, in words. */
    public String report() {
        if (section.error != null) {
            return "VMfailValid, VM-instruction error " + section.error.number;
        }
        String reason = "exit reason " + section.exitReason().number;
        return section == Section.MSR_LOADING
                ? reason + ", exit qualification: the number of the entry"
                : reason + ", exit qualification " + qualification;
    }

    /** Whether it looks at the field. */
    public boolean reads(VmcsField field) {
        return reads.stream().anyMatch(bits -> bits.field == field);
    }

    /** Puts the rows of a section together. */
    static List<EntryCheck> rows(Section section, Row... rows) {
        return List.of(rows).stream().map(row -> row.in(section)).toList();
    }

    /** A row while it is written. */
    static Row row(String id, String title, String requirement, Predicate predicate) {
        return new Row(id, title, requirement, predicate);
    }

    /** Collects what a row is made of. */
    static final class Row {
        private final String id;
        private final String title;
        private final String requirement;
        private final Predicate predicate;
        private final List<Bits> reads = new ArrayList<>();
        private final List<Remedy> remedies = new ArrayList<>();
        private long qualification;

        private Row(String id, String title, String requirement, Predicate predicate) {
            this.id = id;
            this.title = title;
            this.requirement = requirement;
            this.predicate = predicate;
        }

        /** It looks at these whole fields. */
        Row on(VmcsField... fields) {
            for (VmcsField field : fields) {
                reads.add(new Bits(field, field.mask));
            }
            return this;
        }

        /** It looks at these bits of a field. */
        Row on(VmcsField field, long mask) {
            reads.add(new Bits(field, mask));
            return this;
        }

        /** It looks at these controls, and at what activates them. */
        Row on(ControlBit... controls) {
            for (ControlBit control : controls) {
                reads.add(new Bits(control.field(), control.mask()));
                if (control.field() == VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS) {
                    merge(VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS, 1L << 31);
                } else if (control.field() == VmcsField.TERTIARY_PROCESSOR_BASED_CONTROLS) {
                    merge(VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS, 1L << 17);
                } else if (control.field() == VmcsField.SECONDARY_EXIT_CONTROLS) {
                    merge(VmcsField.PRIMARY_EXIT_CONTROLS, 1L << 31);
                }
            }
            return this;
        }

        private void merge(VmcsField field, long mask) {
            if (reads.stream().noneMatch(bits -> bits.field() == field && (bits.mask() & mask) != 0)) {
                reads.add(new Bits(field, mask));
            }
        }

        /** This value of a field satisfies it. */
        Row remedy(VmcsField field, Value value) {
            remedies.add(new Remedy(field, value));
            return this;
        }

        /** The exit qualification, where it is not 0. */
        Row qualification(long value) {
            qualification = value;
            return this;
        }

        private EntryCheck in(Section section) {
            return new EntryCheck(
                    id,
                    section,
                    title,
                    requirement,
                    List.copyOf(reads),
                    qualification,
                    predicate,
                    List.copyOf(remedies));
        }
    }
}
