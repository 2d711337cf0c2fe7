package org.thirdmode.vmx.entry;

import java.util.List;
import org.thirdmode.vmx.entry.ValidVmcs.Shape;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.state.Rflags;

/** The checks of the rest of the guest-state area. SDM 3C "Checks on Guest Non-Register State", "Checks on Guest Page-Directory-Pointer-Table Entries". */
final class NonRegisterViolations extends ViolationRows {
    NonRegisterViolations() {
        nonRegister();
    }

    private void nonRegister() {
        VmcsField blocking = VmcsField.GUEST_INTERRUPTIBILITY_STATE;
        add("activity-state", Shape.LONG, (v, r) -> {
            active(v);
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
            v.put(VmcsField.GUEST_ACTIVITY_STATE, 4 + r.nextInt(100));
        });
        add("activity-hlt-dpl", Shape.PROTECTED, (v, r) -> {
            privilege3(v);
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
            v.put(blocking, 0);
            v.put(VmcsField.GUEST_ACTIVITY_STATE, 1);
            v.pendingDebug();
        });
        add("activity-blocking", Shape.LONG, (v, r) -> {
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
            v.put(blocking, 2);
            v.put(VmcsField.GUEST_ACTIVITY_STATE, 2 + r.nextInt(2));
            v.pendingDebug();
        });
        add("activity-injection", Shape.LONG, (v, r) -> {
            inject(List.of(0xb0dL, 0x480L, 0x306L).get(r.nextInt(3))).accept(v, r);
            v.put(VmcsField.GUEST_ACTIVITY_STATE, 2 + r.nextInt(2));
        });
        add("interruptibility-reserved", Shape.LONG, (v, r) -> v.or(blocking, 1L << (5 + r.nextInt(27))));
        add("interruptibility-both", Shape.LONG, (v, r) -> {
            active(v);
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
            v.or(VmcsField.GUEST_RFLAGS, Rflags.IF);
            v.put(blocking, 3);
            v.pendingDebug();
        });
        add("interruptibility-sti-if", Shape.LONG, (v, r) -> {
            active(v);
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
            v.and(VmcsField.GUEST_RFLAGS, ~(long) Rflags.IF);
            v.put(blocking, 1);
            v.pendingDebug();
        });
        blocked("interruptibility-external", 0x30, 2);
        blocked("interruptibility-nmi-mov-ss", 0x202, 2);
        blocked("interruptibility-nmi-sti", 0x202, 1);
        add("interruptibility-smi", Shape.LONG, (v, r) -> v.or(blocking, 4));
        add(
                "interruptibility-virtual-nmi",
                Shape.LONG,
                (v, r) -> {
                    inject(0x202).accept(v, r);
                    v.put(blocking, 8);
                },
                PinBased.VIRTUAL_NMIS);
        add("interruptibility-enclave", GENERIC, Shape.LONG, (v, r) -> v.or(blocking, 16));
        add(
                "pending-debug-reserved",
                Shape.LONG,
                (v, r) -> v.or(
                        VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS,
                        1L << List.of(4, 11, 13, 15, 17, 63).get(r.nextInt(6))));
        add("pending-debug-bs", Shape.LONG, (v, r) -> {
            active(v);
            v.put(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, 0);
            v.put(blocking, 2);
            v.pendingDebug();
            v.put(
                    VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS,
                    v.get(VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS) ^ (1 << 14));
        });
        add("pending-debug-rtm", Shape.LONG, (v, r) -> v.or(VmcsField.GUEST_PENDING_DEBUG_EXCEPTIONS, 1 << 16));
        add(
                "link-pointer-address",
                Shape.LONG,
                (v, r) ->
                        v.put(VmcsField.VMCS_LINK_POINTER, 0x4000 | (r.nextBoolean() ? BEYOND : 1L << r.nextInt(12))));
        add("link-pointer-revision", Shape.LONG, (v, r) -> v.put(VmcsField.VMCS_LINK_POINTER, 0x8000));
        add("link-pointer-current", Shape.LONG, (v, r) -> {
            v.and(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS, ~SecondaryProcessorBased.VMCS_SHADOWING.mask);
            v.put(VmcsField.VMCS_LINK_POINTER, v.vmcs.address());
        });
        for (int n = 0; n < 4; n++) {
            VmcsField pdpte = VmcsField.valueOf("GUEST_PDPTE" + n);
            int number = n;
            add("guest-pdpte" + n, Shape.PAE, (v, r) -> {
                long entry = 1
                        | (r.nextBoolean() ? BEYOND : 1L << List.of(1, 2, 5, 8).get(r.nextInt(4)));
                v.put(pdpte, entry);
                v.memory.write(v.get(VmcsField.GUEST_CR3) + 8L * number, 8, entry);
            });
        }
    }

    private void blocked(String id, long information, long state) {
        add(id, Shape.LONG, (v, r) -> {
            inject(information).accept(v, r);
            v.or(VmcsField.GUEST_RFLAGS, Rflags.IF);
            v.put(VmcsField.GUEST_INTERRUPTIBILITY_STATE, state);
            v.pendingDebug();
        });
    }

    /** Code, stack and data of privilege level 3. */
    private static void privilege3(ValidVmcs v) {
        for (String segment : CODE_AND_DATA) {
            v.or(field(segment, "SELECTOR"), 3);
            v.or(field(segment, "ACCESS_RIGHTS"), 0x60);
        }
    }
}
