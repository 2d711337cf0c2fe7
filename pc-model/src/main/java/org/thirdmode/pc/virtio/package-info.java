/**
 * Virtio over PCI, with the registers of its first version ("legacy", 0.9.5), which every driver knows. Read {@code
 * VirtioFunction} first, the registers that all devices have; then {@link org.thirdmode.pc.virtio.VirtioBlock}, a disk, and {@link
 * org.thirdmode.pc.virtio.VirtioNetwork}, a network card. {@link org.thirdmode.pc.virtio.SplitQueue} is a ring in the guest's
 * memory, {@link org.thirdmode.pc.virtio.DescriptorChain} a request in it.
 *
 * <p>Source: Virtual I/O Device (VIRTIO) Version 1.1, with its sections "Legacy Interface". Left out: the registers of version
 * 1.0, MSI-X, event indices, offloads.
 */
package org.thirdmode.pc.virtio;
