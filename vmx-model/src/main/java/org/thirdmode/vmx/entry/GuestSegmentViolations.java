package org.thirdmode.vmx.entry;

import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import org.thirdmode.vmx.entry.ValidVmcs.Shape;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmcsField;

/** The checks of the guest's segment registers. SDM 3C "Checks on Guest Segment Registers". */
final class GuestSegmentViolations extends ViolationRows {
    GuestSegmentViolations() {
        segments();
        accessRights();
        systemSegments();
    }

    private void segments() {
        add("guest-tr-ti", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_TR_SELECTOR, 4));
        add("guest-ldtr-ti", Shape.LONG, (v, r) -> {
            usableLdtr(v);
            v.or(VmcsField.GUEST_LDTR_SELECTOR, 4);
        });
        add("guest-ss-rpl", Shape.PROTECTED, (v, r) -> {
            restricted(v);
            v.put(VmcsField.GUEST_CS_SELECTOR, v.get(VmcsField.GUEST_CS_SELECTOR) ^ 1);
        });
        for (String segment : CODE_AND_DATA) {
            add(
                    "guest-" + segment + "-base-v86",
                    Shape.VIRTUAL_8086,
                    (v, r) -> v.put(field(segment, "BASE"), v.get(field(segment, "BASE")) ^ (1L << r.nextInt(20))));
            add(
                    "guest-" + segment + "-limit-v86",
                    Shape.VIRTUAL_8086,
                    (v, r) -> v.put(field(segment, "LIMIT"), 0xffff ^ (1 << r.nextInt(32))));
            add(
                    "guest-" + segment + "-rights-v86",
                    Shape.VIRTUAL_8086,
                    (v, r) -> v.put(field(segment, "ACCESS_RIGHTS"), 0xf3 ^ (0x10 << r.nextInt(13))));
        }
        for (String segment : List.of("tr", "fs", "gs")) {
            notCanonical("guest-" + segment + "-base", field(segment, "BASE"));
        }
        add("guest-ldtr-base", Shape.LONG, (v, r) -> {
            usableLdtr(v);
            v.or(VmcsField.GUEST_LDTR_BASE, NOT_CANONICAL);
            v.and(VmcsField.GUEST_LDTR_BASE, Long.MAX_VALUE);
        });
        add("guest-cs-base", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_CS_BASE, 1L << (32 + r.nextInt(32))));
        for (String segment : List.of("ss", "ds", "es")) {
            add("guest-" + segment + "-base", Shape.LONG, (v, r) -> {
                usable(v, segment);
                v.put(field(segment, "BASE"), 1L << (32 + r.nextInt(32)));
            });
        }
    }

    /** Without "unrestricted guest". */
    private static void restricted(ValidVmcs v) {
        v.and(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS, ~SecondaryProcessorBased.UNRESTRICTED_GUEST.mask);
    }

    /** A flat data segment of the guest's privilege level, where the register was unusable. */
    private static void usable(ValidVmcs v, String segment) {
        if (!segment.equals("cs") && (v.get(field(segment, "ACCESS_RIGHTS")) & 0x1_0000) != 0) {
            long dpl = v.get(VmcsField.GUEST_SS_ACCESS_RIGHTS) & 0x60;
            v.put(field(segment, "ACCESS_RIGHTS"), 0xc093 | dpl);
            v.put(field(segment, "LIMIT"), 0xffff_ffffL);
            v.put(field(segment, "BASE"), 0);
            v.put(field(segment, "SELECTOR"), 8 | (dpl >>> 5));
        }
    }

    private static void usableLdtr(ValidVmcs v) {
        v.put(VmcsField.GUEST_LDTR_SELECTOR, 0x28);
        v.put(VmcsField.GUEST_LDTR_BASE, 0x1000);
        v.put(VmcsField.GUEST_LDTR_LIMIT, 0xffff);
        v.put(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, 0x82);
    }

    private void right(String segment, String id, BiConsumer<ValidVmcs, Random> damage) {
        add("guest-" + segment + "-" + id, Shape.PROTECTED, (v, r) -> {
            usable(v, segment);
            damage.accept(v, r);
        });
    }

    private void accessRights() {
        for (String segment : CODE_AND_DATA) {
            VmcsField rights = field(segment, "ACCESS_RIGHTS");
            VmcsField limit = field(segment, "LIMIT");
            right(segment, "s", (v, r) -> v.and(rights, ~0x10L));
            right(segment, "p", (v, r) -> v.and(rights, ~0x80L));
            right(segment, "reserved-low", (v, r) -> v.or(rights, 0x100 << r.nextInt(4)));
            right(segment, "reserved-high", (v, r) -> v.or(rights, 1L << (17 + r.nextInt(15))));
            right(segment, "g", (v, r) -> {
                boolean large = r.nextBoolean();
                v.and(rights, ~0x8000L).or(rights, large ? 0 : 0x8000);
                v.put(limit, large ? 0xffff_ffffL : 0xffff_fffeL);
            });
        }
        right("cs", "type", (v, r) -> v.and(VmcsField.GUEST_CS_ACCESS_RIGHTS, ~1L));
        right("ss", "type", (v, r) -> v.and(VmcsField.GUEST_SS_ACCESS_RIGHTS, ~2L));
        for (String segment : List.of("ds", "es", "fs", "gs")) {
            VmcsField rights = field(segment, "ACCESS_RIGHTS");
            // Not accessed, or execute-only.
            right(segment, "type", (v, r) -> v.and(rights, ~0xfL).or(rights, r.nextBoolean() ? 2 : 9));
            right(segment, "dpl", (v, r) -> {
                restricted(v);
                v.and(rights, ~0x60L);
                v.or(field(segment, "SELECTOR"), 3);
            });
        }
        add(
                "guest-cs-dpl",
                Shape.PROTECTED,
                (v, r) -> {
                    // Non-conforming code of another privilege level than SS.
                    long rights = v.get(VmcsField.GUEST_CS_ACCESS_RIGHTS) ^ 0x20;
                    v.put(VmcsField.GUEST_CS_ACCESS_RIGHTS, rights);
                    if (r.nextBoolean()) {
                        // Where the RPL is of no meaning, that it is the DPL helps nothing.
                        v.put(
                                VmcsField.GUEST_CS_SELECTOR,
                                (v.get(VmcsField.GUEST_CS_SELECTOR) & ~3L) | (rights >>> 5 & 3));
                    } else {
                        restricted(v);
                    }
                },
                SecondaryProcessorBased.UNRESTRICTED_GUEST);
        add("guest-cs-db", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_CS_ACCESS_RIGHTS, 0x4000));
        right("ss", "dpl", (v, r) -> {
            restricted(v);
            v.put(VmcsField.GUEST_SS_SELECTOR, v.get(VmcsField.GUEST_SS_SELECTOR) ^ 1);
            v.put(VmcsField.GUEST_CS_SELECTOR, v.get(VmcsField.GUEST_CS_SELECTOR) ^ 1);
        });
        add("guest-ss-dpl-zero", Shape.REAL, (v, r) -> {
            // Conforming code may be more privileged than SS.
            v.put(VmcsField.GUEST_CS_ACCESS_RIGHTS, 0x9f);
            v.or(VmcsField.GUEST_SS_ACCESS_RIGHTS, 0x60);
            v.put(VmcsField.GUEST_ACTIVITY_STATE, 0);
        });
    }

    private void systemSegments() {
        VmcsField tr = VmcsField.GUEST_TR_ACCESS_RIGHTS;
        add("guest-tr-type", Shape.LONG, (v, r) -> v.and(tr, ~0xfL).or(tr, r.nextBoolean() ? 9 : 3));
        add("guest-tr-s", Shape.LONG, (v, r) -> v.or(tr, 0x10));
        add("guest-tr-p", Shape.LONG, (v, r) -> v.and(tr, ~0x80L));
        add("guest-tr-reserved-low", Shape.LONG, (v, r) -> v.or(tr, 0x100 << r.nextInt(4)));
        add("guest-tr-g", Shape.LONG, (v, r) -> v.put(VmcsField.GUEST_TR_LIMIT, 0x10_0fff));
        add("guest-tr-usable", Shape.LONG, (v, r) -> v.or(tr, 0x1_0000));
        add("guest-tr-reserved-high", Shape.LONG, (v, r) -> v.or(tr, 1L << (17 + r.nextInt(15))));
        ldtr("type", (v, r) -> v.or(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, 1));
        ldtr("s", (v, r) -> v.or(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, 0x10));
        ldtr("p", (v, r) -> v.and(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, ~0x80L));
        ldtr("reserved-low", (v, r) -> v.or(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, 0x100 << r.nextInt(4)));
        ldtr("g", (v, r) -> v.put(VmcsField.GUEST_LDTR_LIMIT, 0x10_0fff));
        ldtr("reserved-high", (v, r) -> v.or(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, 1L << (17 + r.nextInt(15))));
    }

    private void ldtr(String id, BiConsumer<ValidVmcs, Random> damage) {
        add("guest-ldtr-" + id, Shape.LONG, (v, r) -> {
            usableLdtr(v);
            damage.accept(v, r);
        });
    }
}
