package org.thirdmode.npt.spec;

/**
 * What EPT depends on. SDM 3C, table "Format of Extended-Page-Table Pointer"; SDM 3D "VPID and EPT Capabilities".
 *
 * @param root bits 51:12 of the EPTP: the EPT PML4 (or PML5) table
 * @param levels the page-walk length: 4 or 5
 * @param accessedDirty EPTP bit 6
 * @param modeBasedExecute "mode-based execute control for EPT"
 * @param executeOnly execute-only translations are supported
 * @param page2Mb 2-MByte pages are supported
 * @param page1Gb 1-GByte pages are supported
 * @param maxPhyAddr MAXPHYADDR
 */
public record EptControls(
        long root,
        int levels,
        boolean accessedDirty,
        boolean modeBasedExecute,
        boolean executeOnly,
        boolean page2Mb,
        boolean page1Gb,
        int maxPhyAddr) {}
