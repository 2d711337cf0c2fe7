/**
 * Virtio over PCI, with the registers of its first version ("legacy", 0.9.5), which every driver knows. Read {@link
 * org.thirdmode.pc.virtio.VirtioBlock} first: the registers and the requests of a disk; {@link
 * org.thirdmode.pc.virtio.SplitQueue} is the ring in the guest's memory, {@link org.thirdmode.pc.virtio.DescriptorChain} a
 * request in it.
 *
 * <p>Source: Virtual I/O Device (VIRTIO) Version 1.1, with its sections "Legacy Interface". Left out: the registers of version
 * 1.0, MSI-X, event indices, more than one queue.
 */
package org.thirdmode.pc.virtio;
