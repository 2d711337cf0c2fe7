/**
 * KVM on AMD: the VMCB of a virtual CPU, programmed by SVM's instructions and in memory alone. KVM: {@code svm.c}. {@link
 * org.thirdmode.kvm.svm.SvmBackend} enters the guest and handles its exits; {@code VmcbSetup} is what stays as it is, {@code
 * GuestRegisters} what moves, {@code VmcbFields} keeps the clean bits.
 *
 * <p>Every instruction that leaves the guest is executed by the instruction emulator, which decodes it: the next RIP and the
 * instruction's bytes, which newer processors report, are not needed.
 */
package org.thirdmode.kvm.svm;
