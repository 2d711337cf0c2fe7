package org.thirdmode.pc.disk;

import java.util.Locale;

/** What a disk is attached to; a machine has one of each at most. */
public enum DiskInterface {
    /** The primary IDE channel, device 0. */
    IDE,
    /** The PCI bus, by virtio. */
    VIRTIO;

    /** The interface's name, as QEMU has it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
