/**
 * VMX in execution. {@link org.thirdmode.vmx.exec.Vmx} is what the core sees; behind it, in the order in which to read them:
 *
 * <ul>
 *   <li>{@link org.thirdmode.vmx.exec.VmcsState}: the life cycle of a VMCS
 *   <li>{@link org.thirdmode.vmx.exec.VmxInstructions}: what the VMX instructions do; {@code VmxOpcodes} decodes them
 *   <li>{@code VmEntry}: checks ({@code EntryChecks}), loading ({@code GuestState}, {@code MsrAreas}), event injection
 *   <li>{@code InstructionExits}, {@code EventExits}, {@code Translations}, {@code VirtualApic}, {@code PauseLoop}, {@code
 *       PreemptionTimer}: what a guest leaves for
 *   <li>{@code VmExits}: what an exit records; then {@code GuestState} is saved and {@code HostState} loaded
 *   <li>{@link org.thirdmode.vmx.exec.VmExit}: the exit as a value, {@link org.thirdmode.x86.exec.GuestModeObserver} as it is told of
 * </ul>
 *
 * <p>Left out: SMX operation, SMM and the dual-monitor treatment, Intel PT, CET, SGX, FRED, and the controls that {@code
 * capability} does not offer.
 */
package org.thirdmode.vmx.exec;
