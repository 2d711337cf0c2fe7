/**
 * Execution. {@link org.thirdmode.x86.exec.Processor} is the logical processor and the loop around everything; {@code
 * RunLoop} the inner loop with the fast forms; every other instruction goes to the second level: one {@link
 * org.thirdmode.x86.exec.InstructionGroup} a group of {@link org.thirdmode.x86.decode.Operation}, working on {@link
 * org.thirdmode.x86.exec.Operands}. What {@code HotCode} finds to be hot becomes a {@code Region}, a method of the JVM with the
 * guest's registers in local variables: {@code RegionCompiler} makes it, {@code RegionInstructions} has the bytecodes of each
 * form. {@link org.thirdmode.x86.exec.Events} delivers exceptions and interrupts.
 */
package org.thirdmode.x86.exec;
