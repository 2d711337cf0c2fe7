/**
 * The virtual-machine control structure as data. {@link org.thirdmode.vmx.vmcs.VmcsField} is the table of its fields, {@link
 * org.thirdmode.vmx.vmcs.Vmcs} a region of memory that holds one. The tables of controls are {@link
 * org.thirdmode.vmx.vmcs.PinBased}, {@link org.thirdmode.vmx.vmcs.PrimaryProcessorBased} and the others behind {@link
 * org.thirdmode.vmx.vmcs.ControlBit}; the numbers that VMX reports are {@link org.thirdmode.vmx.vmcs.InstructionError} and
 * {@link org.thirdmode.vmx.vmcs.ExitReason}. SDM 3C "Virtual Machine Control Structures", SDM 3D Appendices B and C.
 *
 * <p>Fields are listed whether a processor that the model knows has them or not; which it has follows from its capabilities.
 * Left out: what only the SEAM of Intel TDX uses.
 */
package org.thirdmode.vmx.vmcs;
