package org.thirdmode.vmx.entry;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.function.BiConsumer;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.capability.VmxProfile;
import org.thirdmode.vmx.entry.ValidVmcs.Shape;
import org.thirdmode.vmx.entry.Violations.Case;
import org.thirdmode.vmx.vmcs.ControlBit;
import org.thirdmode.vmx.vmcs.VmcsField;

/** Rows of {@link Violations}, and the ways of damage that several of them share. */
abstract class ViolationRows {
    static final VmxCapabilities ANY = VmxProfile.manual(false).getFirst().capabilities();
    static final VmxCapabilities STRICT = VmxProfile.manual(false).getLast().capabilities();
    static final VmxCapabilities NEHALEM = VmxProfile.named().get("nehalem").capabilities();
    static final VmxCapabilities GENERIC = VmxProfile.named().get("generic").modelled();

    static final long VALID = 1L << 31;
    static final long BEYOND = 1L << 51;
    static final long NOT_CANONICAL = 1L << 55;
    static final List<String> CODE_AND_DATA = List.of("cs", "ss", "ds", "es", "fs", "gs");

    final Map<String, Case> cases = new LinkedHashMap<>();

    final void add(String id, Shape shape, BiConsumer<ValidVmcs, Random> damage, ControlBit... on) {
        add(id, ANY, shape, damage, on);
    }

    final void add(
            String id, VmxCapabilities processor, Shape shape, BiConsumer<ValidVmcs, Random> damage, ControlBit... on) {
        if (cases.put(id, new Case(processor, shape, on, damage)) != null) {
            throw new IllegalStateException(id + " twice");
        }
    }

    static VmcsField field(String segment, String part) {
        return VmcsField.valueOf("GUEST_" + segment.toUpperCase(Locale.ROOT) + "_" + part);
    }

    /** An address that is not aligned or lies beyond the width. */
    final void address(String id, VmcsField field, int alignment, ControlBit... on) {
        add(
                id,
                Shape.LONG,
                (v, r) -> v.or(
                        field, r.nextBoolean() ? 1L << (ValidVmcs.WIDTH + r.nextInt(12)) : 1L << r.nextInt(alignment)),
                on);
    }

    final void notCanonical(String id, VmcsField field) {
        add(id, Shape.LONG, (v, r) -> v.put(field, v.get(field) ^ NOT_CANONICAL));
    }

    static long badPat(Random r) {
        long type = List.of(2L, 3L, 8L, 0x80L).get(r.nextInt(4));
        int shift = 8 * r.nextInt(8);
        return (0x0606_0606_0606_0606L & ~(0xffL << shift)) | (type << shift);
    }

    static BiConsumer<ValidVmcs, Random> inject(long information) {
        return (v, r) -> {
            active(v);
            v.put(VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE, 0);
            v.put(VmcsField.VM_ENTRY_INSTRUCTION_LENGTH, 1);
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, VALID | information);
        };
    }

    /** Active, and nothing blocks. */
    static void active(ValidVmcs v) {
        v.put(VmcsField.GUEST_ACTIVITY_STATE, 0);
        v.put(VmcsField.GUEST_INTERRUPTIBILITY_STATE, 0);
        v.put(VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS, 0);
    }
}
