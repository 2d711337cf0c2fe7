package org.thirdmode.kvm;

/**
 * Guest memory that the hypervisor needs for itself, read-only for the guest. KVM: a private memory slot, {@code
 * KVM_SET_TSS_ADDR}.
 *
 * @param guestPhysical where it is, a multiple of 4096
 * @param pages its size in pages of 4 KBytes
 * @param memory what it holds
 */
public record PrivateRegion(long guestPhysical, int pages, UserMemory memory) {}
