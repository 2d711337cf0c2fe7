/**
 * The virtual-machine control block: where everything stands in it. {@link org.thirdmode.svm.vmcb.VmcbField} is the table
 * of APM 2 Appendix B, {@link org.thirdmode.svm.vmcb.Vmcb} one block in host-physical memory, {@link
 * org.thirdmode.svm.vmcb.VmcbValues} what is known of one, wherever it comes from.
 *
 * <p>Left out: the fields of SEV-ES and SEV-SNP, whose save area is encrypted and laid out otherwise.
 */
package org.thirdmode.svm.vmcb;
