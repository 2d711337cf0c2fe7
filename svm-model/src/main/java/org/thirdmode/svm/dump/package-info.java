/**
 * A VMCB from a text. {@link org.thirdmode.svm.dump.VmcbDump} reads either lines {@code FIELD = value} or what Linux KVM and
 * Xen print into their logs; what a text does not show stays unknown. Sources of the forms: {@code dump_vmcb} of Linux
 * (arch/x86/kvm/svm/svm.c), {@code svm_vmcb_dump} of Xen (xen/arch/x86/hvm/svm).
 */
package org.thirdmode.svm.dump;
