/** KVM on Intel: the VMCS of a virtual CPU, programmed by VMX instructions alone. KVM: {@code vmx.c}. */
package org.thirdmode.kvm.vmx;
