/**
 * A model of KVM as it was first merged (Linux 2.6.20): {@link org.thirdmode.kvm.Vm}, {@link org.thirdmode.kvm.Vcpu} and
 * {@link org.thirdmode.kvm.KvmExit} are the API of {@code /dev/kvm}.
 *
 * <p>Read first {@code GuestExecution.run}, which is behind {@link org.thirdmode.kvm.Vcpu#run}: it enters the guest, has each
 * exit handled, and goes back to user space only where user space has something to do. It sees the hardware as KVM does:
 * host-physical memory, the instructions of VMX on a VMCS, the exit.
 *
 * <p>An instruction that a guest may not execute itself is executed on {@link org.thirdmode.kvm.GuestProcessor}, which is a
 * processor of {@code x86-model} whose memory and ports are the guest's: there is no second interpreter.
 */
package org.thirdmode.kvm;
