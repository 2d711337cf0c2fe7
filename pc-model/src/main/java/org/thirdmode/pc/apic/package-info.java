/**
 * The advanced programmable interrupt controllers: {@link org.thirdmode.pc.apic.LocalApic} beside the processor with its {@code
 * ApicRegister} map, {@code LocalVectorTable}, {@code ApicAddress} and {@code ApicTimer}; {@link
 * org.thirdmode.pc.apic.IoApic} on the board; {@link org.thirdmode.pc.apic.InterruptMessage} between them.
 */
package org.thirdmode.pc.apic;
