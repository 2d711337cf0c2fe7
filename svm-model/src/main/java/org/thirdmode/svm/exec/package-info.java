/**
 * SVM in execution. {@link org.thirdmode.svm.exec.Svm} is the extension of one processor; read it first, then {@code
 * WorldSwitch}: VMRUN and #VMEXIT step by step. {@code GuestControls} is what VMRUN has taken from the control area,
 * {@code GuestRegisters} and {@code HostSaveArea} the two states that are swapped. {@code InstructionIntercepts} and
 * {@code EventIntercepts} decide what leaves the guest, {@code VirtualInterrupts} what enters it. {@link
 * org.thirdmode.svm.exec.SvmExit} is an exit as a value.
 *
 * <p>Left out: SMM, SKINIT (raises #UD), AVIC, virtual NMIs, virtualized VMSAVE and VMLOAD, SEV.
 */
package org.thirdmode.svm.exec;
