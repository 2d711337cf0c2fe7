/**
 * A VMCS from a text. {@link org.thirdmode.vmx.dump.VmcsDump} reads either lines {@code FIELD = value} or what Linux KVM and
 * Xen print into their logs; what a text does not show stays unknown. Sources of the forms: {@code dump_vmcs} of Linux
 * (arch/x86/kvm/vmx/vmx.c, versions 4.4 to 6.18), {@code vmcs_dump_vcpu} of Xen (xen/arch/x86/hvm/vmx/vmcs.c).
 */
package org.thirdmode.vmx.dump;
