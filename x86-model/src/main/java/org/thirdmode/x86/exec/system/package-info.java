/**
 * The system architecture: segments and descriptors, far control flow, interrupts, tasks, control and debug registers,
 * MSRs. {@link org.thirdmode.x86.exec.system.SystemArchitecture} puts the parts together. Three classes execute
 * instructions ({@code FarControlInstructions}, {@code SegmentInstructions}, {@code SystemInstructions}); each decodes
 * operands, checks privilege and hands over to the class of the chapter: {@code FarTransfers}, {@code Interrupts}, {@code
 * InterruptReturn}, {@code TaskSwitch}, {@code FastSystemCalls}, {@code SegmentRegisters}, {@code ControlRegisters},
 * {@code DebugRegisters}, {@code ModelSpecificRegisters}, {@code ExtendedState}. Below them {@code Descriptor} knows the
 * layout of descriptors, {@code DescriptorTables} fetches them, {@code TaskStateSegment} reads the TSS, {@code
 * StackFrame} builds a handler's stack.
 *
 * <p>What is delivered when, and how exceptions combine, is {@code exec.Events}.
 */
package org.thirdmode.x86.exec.system;
