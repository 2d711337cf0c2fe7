/**
 * The advanced programmable interrupt controllers: {@link org.thirdmode.pc.apic.LocalApic} beside the processor, {@link
 * org.thirdmode.pc.apic.IoApic} on the board, {@link org.thirdmode.pc.apic.InterruptMessage} between them.
 */
package org.thirdmode.pc.apic;
