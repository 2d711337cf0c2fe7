package org.thirdmode.pc.loader;

import org.thirdmode.pc.memory.MemoryLayout;

/**
 * A file without any header, put at an address and started there: in real mode where a real-mode address reaches it, else
 * in flat 32-bit protected mode.
 */
final class RawImage {
    private RawImage() {}

    static InitialState plan(Image image, long address, LoadPlan plan) throws ImageException {
        image.require(0, 1, "code");
        plan.place("image", image, 0, image.size(), address, image.size(), 0);
        if (address < MemoryLayout.HIGH) {
            return InitialState.real((int) (address >>> 4), (int) address & 15, 0);
        }
        if (address > 0xffff_ffffL) {
            throw ImageException.at(
                    image, 0, String.format("load address 0x%x", address), "an address below 4 GiB to start at");
        }
        long gdt = plan.allocate("descriptor table", BootGdt.SIZE, 8);
        BootGdt.put(plan, gdt);
        return InitialState.flatProtected(address, 0, 0, gdt, BootGdt.SIZE - 1);
    }
}
