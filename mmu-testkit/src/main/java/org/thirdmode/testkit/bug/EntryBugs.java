package org.thirdmode.testkit.bug;

import org.thirdmode.testkit.control.EntryChecksHeld;
import org.thirdmode.vmx.entry.ValidVmcs;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.VmcsField;

/** Entry checks that were left out, or asked of the wrong field: one row of the table has another predicate. */
final class EntryBugs {
    private static final int DPL_SHIFT = 5;
    private static final int CONFORMING = 4;

    private EntryBugs() {}

    /** A VPID of 0 is entered. */
    static String vpidOfZeroAllowed(ValidVmcs vmcs) {
        String check = EntryChecksHeld.byTheModel(vmcs);
        return "vpid".equals(check) ? null : check;
    }

    /** The fixed bits of CR0 are asked of unrestricted guests alone. */
    static String cr0OfUnrestrictedGuestsOnly(ValidVmcs vmcs) {
        String check = EntryChecksHeld.byTheModel(vmcs);
        return "guest-cr0".equals(check) && !unrestricted(vmcs) ? null : check;
    }

    private static boolean unrestricted(ValidVmcs vmcs) {
        return (vmcs.get(VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS)
                                & PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS.mask)
                        != 0
                && (vmcs.get(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS)
                                & SecondaryProcessorBased.UNRESTRICTED_GUEST.mask)
                        != 0;
    }

    /** CS.DPL is compared with the RPL of CS. */
    static String csComparedWithItself(ValidVmcs vmcs) {
        String check = EntryChecksHeld.byTheModel(vmcs);
        if (!"guest-cs-dpl".equals(check)) {
            return check;
        }
        long rights = vmcs.get(VmcsField.GUEST_CS_ACCESS_RIGHTS);
        long dpl = rights >>> DPL_SHIFT & 3;
        long rpl = vmcs.get(VmcsField.GUEST_CS_SELECTOR) & 3;
        boolean holds = (rights & CONFORMING) == 0 ? dpl == rpl : dpl <= rpl;
        return holds ? null : check;
    }
}
