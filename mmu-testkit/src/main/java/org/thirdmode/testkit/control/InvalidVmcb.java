package org.thirdmode.testkit.control;

import org.thirdmode.svm.vmcb.VmcbImage;

/**
 * A VMCB with which VMRUN ends in VMEXIT_INVALID by one check.
 *
 * @param check its id, as {@code thirdmode svm checks} lists it
 */
public record InvalidVmcb(String check, VmcbImage vmcb) {
    @Override
    public String toString() {
        return "a VMCB that violates " + check;
    }
}
