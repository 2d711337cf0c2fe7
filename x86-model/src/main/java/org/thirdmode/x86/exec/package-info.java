/**
 * Execution. {@link org.thirdmode.x86.exec.Processor} is the logical processor and the loop around everything; {@code
 * RunLoop} the inner loop with the fast forms; every other instruction goes to the second level: one {@link
 * org.thirdmode.x86.exec.InstructionGroup} a group of {@link org.thirdmode.x86.decode.Operation}, working on {@link
 * org.thirdmode.x86.exec.Operands}. {@link org.thirdmode.x86.exec.Events} delivers exceptions and interrupts.
 */
package org.thirdmode.x86.exec;
