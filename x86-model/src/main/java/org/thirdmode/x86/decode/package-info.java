/**
 * From bytes to instructions. {@link org.thirdmode.x86.decode.Instruction} is what comes out, {@link
 * org.thirdmode.x86.decode.Operation} names what it does, {@link org.thirdmode.x86.decode.Operand} what it does it to.
 */
package org.thirdmode.x86.decode;
