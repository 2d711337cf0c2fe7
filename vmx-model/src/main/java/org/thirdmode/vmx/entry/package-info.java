/**
 * The checks of a VM entry. {@link org.thirdmode.vmx.entry.EntryChecks} is the table and runs it, {@link
 * org.thirdmode.vmx.entry.EntryCheck} a row, {@link org.thirdmode.vmx.entry.Facts} what the rows look at, {@link
 * org.thirdmode.vmx.entry.Section} the sections of the manual that they are from. {@link
 * org.thirdmode.vmx.entry.VmcsDiagnosis} holds a VMCS of which not all is known against every row, and says what would have
 * to change. SDM 3C "VM Entries".
 *
 * <p>Left out: the "Basic VM-Entry Checks" of the instruction itself (operation mode, launch state, blocking by MOV SS), and
 * VM entries that return from SMM.
 */
package org.thirdmode.vmx.entry;
