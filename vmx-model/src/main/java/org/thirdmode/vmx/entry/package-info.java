/**
 * The checks of a VM entry. {@link org.thirdmode.vmx.entry.EntryChecks} is the table and runs it, {@link
 * org.thirdmode.vmx.entry.EntryCheck} a row, {@link org.thirdmode.vmx.entry.Facts} what the rows look at, {@link
 * org.thirdmode.vmx.entry.Section} the sections of the manual that they are from. {@link
 * org.thirdmode.vmx.entry.VmcsDiagnosis} holds a VMCS of which not all is known against every row, and says what would have
 * to change. SDM 3C "VM Entries".
 *
 * <p>For tests, here and elsewhere: {@link org.thirdmode.vmx.entry.ValidVmcs} makes a random VMCS with which an entry succeeds,
 * {@link org.thirdmode.vmx.entry.Violations} one that violates a check and no other.
 *
 * <p>Left out: the "Basic VM-Entry Checks" of the instruction itself (operation mode, launch state, blocking by MOV SS), and
 * VM entries that return from SMM.
 */
package org.thirdmode.vmx.entry;
