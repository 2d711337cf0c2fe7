package org.thirdmode.shadow;

/**
 * What the guest's CPUID says about paging.
 *
 * @param maxPhyAddr the width of guest-physical addresses in bits (32 to 52), not above the host's
 * @param pse36 4-MByte pages may lie above 4 GBytes
 * @param page1Gb 1-GByte pages
 */
public record GuestLimits(int maxPhyAddr, boolean pse36, boolean page1Gb) {
    public GuestLimits {
        if (maxPhyAddr < 32 || maxPhyAddr > 52) {
            throw new IllegalArgumentException("guest-physical width " + maxPhyAddr + ": expected 32 to 52 bits");
        }
    }
}
