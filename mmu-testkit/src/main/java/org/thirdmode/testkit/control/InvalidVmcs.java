package org.thirdmode.testkit.control;

import org.thirdmode.vmx.entry.ValidVmcs;

/**
 * A VMCS with which a VM entry fails by one check.
 *
 * @param check its id, as {@code thirdmode vmx checks} lists it
 * @param vmcs in memory, with the processor that it is for
 */
public record InvalidVmcs(String check, ValidVmcs vmcs) {
    @Override
    public String toString() {
        return "a VMCS of a guest of shape " + vmcs.shape + " that violates " + check;
    }
}
