/**
 * User space: a PC whose processor is a virtual CPU. What QEMU is to KVM; it uses nothing of the hypervisor but its API, and
 * the devices of {@code pc-model}.
 */
package org.thirdmode.kvm.vmm;
