/**
 * The consistency checks of VMRUN, a row each: {@link org.thirdmode.svm.check.VmrunChecks} is the table, {@link
 * org.thirdmode.svm.check.VmrunCheck} a row, {@link org.thirdmode.svm.check.CheckLimits} what the answer depends on besides
 * the VMCB. The processor and {@code vmcb check} evaluate the same rows. {@link
 * org.thirdmode.svm.check.RandomVmcbs} makes VMCBs for tests, valid and invalid in one check.
 */
package org.thirdmode.svm.check;
