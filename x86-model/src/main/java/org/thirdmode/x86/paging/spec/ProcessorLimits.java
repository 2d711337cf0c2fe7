package org.thirdmode.x86.paging.spec;

import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.profile.Feature;

/**
 * What CPUID says about paging. SDM 3A "Enumeration of Paging Features by CPUID".
 *
 * @param maxPhyAddr MAXPHYADDR, the width of physical addresses in bits (32 to 52)
 * @param pse36 PSE-36: 4-MByte pages may lie above 4 GBytes
 * @param page1Gb Page1GB: PDPTEs may map 1-GByte pages
 */
public record ProcessorLimits(int maxPhyAddr, boolean pse36, boolean page1Gb) {
    /** What a processor says whose physical addresses have {@code width} bits. */
    public static ProcessorLimits of(CpuProfile profile, int width) {
        return new ProcessorLimits(width, profile.has(Feature.PSE36), profile.has(Feature.PAGE1GB));
    }
}
