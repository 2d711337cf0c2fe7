/**
 * The board of the bare machine: memory, buses and devices of a PC around one processor.
 *
 * <p>Read first {@link org.thirdmode.pc.memory.MemoryLayout}, then {@code Board}, which assembles everything; {@code bus}, {@code
 * device} and {@code apic} hold the parts, {@code loader} turns an image file into a machine that is ready to run.
 *
 * <p>Left out so far: disks, DMA, a second processor.
 */
package org.thirdmode.pc;
