package org.thirdmode.vmx.vmcs;

import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Where this model keeps each field in a VMCS region: the part of the format that the manual leaves to the processor.
 *
 * <pre>
 *   16  what every exit writes or a hypervisor often does: exit information, RIP, the event to be injected, ...
 *  784  the other guest-state fields
 * 1552  the other control and host-state fields
 * </pre>
 *
 * So what usually stays as it is from one VM entry to the next can be compared as two blocks of bytes.
 */
public final class VmcsLayout {
    private static final int CHANGING = 16;

    /** Where the block of guest state begins. */
    public static final int GUEST = 784;

    /** Where the block of controls and host state begins; the one of guest state ends. */
    public static final int CONTROLS = 1552;

    /** Where the block of controls and host state ends. */
    public static final int END = 3088;

    /** Encodings of the fields that often change, beside those of exit information. */
    private static final Set<Integer> OFTEN_CHANGED = Set.of(
            0x0810, // guest interrupt status
            0x0812, // PML index
            0x280a, // guest PDPTE0
            0x280c, // guest PDPTE1
            0x280e, // guest PDPTE2
            0x2810, // guest PDPTE3
            0x4016, // VM-entry interruption-information field
            0x4018, // VM-entry exception error code
            0x401a, // VM-entry instruction length
            0x401c, // TPR threshold
            0x4824, // guest interruptibility state
            0x4826, // guest activity state
            0x482e, // VMX-preemption timer value
            0x6802, // guest CR3
            0x681c, // guest RSP
            0x681e, // guest RIP
            0x6820, // guest RFLAGS
            0x6822); // guest pending debug exceptions

    private static final AtomicInteger NEXT_CHANGING = new AtomicInteger(CHANGING);
    private static final AtomicInteger NEXT_GUEST = new AtomicInteger(GUEST);
    private static final AtomicInteger NEXT_CONTROL = new AtomicInteger(CONTROLS);

    private VmcsLayout() {}

    /** The place of the next field, in the order of the rows. */
    static int place(VmcsField.Kind kind, int encoding) {
        int place;
        int end;
        if (kind == VmcsField.Kind.EXIT_INFORMATION || OFTEN_CHANGED.contains(encoding)) {
            place = NEXT_CHANGING.getAndAdd(Long.BYTES);
            end = GUEST;
        } else if (kind == VmcsField.Kind.GUEST_STATE) {
            place = NEXT_GUEST.getAndAdd(Long.BYTES);
            end = CONTROLS;
        } else {
            place = NEXT_CONTROL.getAndAdd(Long.BYTES);
            end = END;
        }
        if (place >= end) {
            throw new IllegalStateException("no place for field " + Integer.toHexString(encoding) + " before " + end);
        }
        return place;
    }
}
