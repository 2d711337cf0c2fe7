/**
 * The board of the bare machine: memory, buses and devices of a PC around one processor.
 *
 * <p>Read first {@link org.thirdmode.pc.memory.MemoryLayout}, then {@code Board}, which assembles everything; {@code bus}, {@code
 * device}, {@code apic} and {@code ata} hold the parts, {@code disk} the images of disks, and {@code loader} turns an image file
 * into a machine that is ready to run.
 *
 * <p>Left out so far: DMA, a second processor.
 */
package org.thirdmode.pc;
