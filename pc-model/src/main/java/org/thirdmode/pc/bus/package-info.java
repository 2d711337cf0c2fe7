/**
 * What carries a processor's accesses and a device's interrupts: {@link org.thirdmode.pc.bus.IoPorts} for the I/O address
 * space, {@link org.thirdmode.pc.bus.InterruptRouter} for the lines, {@link org.thirdmode.pc.bus.Oscillator} for crystals
 * that are not a whole number of ticks. Memory-mapped registers hang on {@link org.thirdmode.x86.memory.PhysicalMemory}.
 */
package org.thirdmode.pc.bus;
