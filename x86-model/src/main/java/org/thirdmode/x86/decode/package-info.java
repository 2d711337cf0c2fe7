/**
 * From bytes to instructions. {@link org.thirdmode.x86.decode.Instruction} is what comes out, {@link
 * org.thirdmode.x86.decode.Operation} names what it does, {@link org.thirdmode.x86.decode.Operand} what it does it to.
 *
 * <p>What the manual tabulates stands in the resource {@code opcodes.txt}, one row an opcode form in the manual's
 * notation; read its head first. {@code OpcodeRow} is a row, {@code OpcodeTable} spreads the rows over flat arrays for a
 * processor's features, {@link org.thirdmode.x86.decode.Decoder} walks over prefixes, opcode, ModR/M, displacement and
 * immediates, and {@link org.thirdmode.x86.decode.Disassembler} says the result in the words of GNU objdump. To add an
 * instruction: a row, a constant of {@code Operation}, a method in the class of its group.
 *
 * <p>Left out: AVX and what came after it but the general instructions, 3DNow!, XOP and SSE4A, which are #UD here as on
 * a processor without them; MPX and CET instructions in the reserved-NOP space, which are NOP here as there.
 */
package org.thirdmode.x86.decode;
