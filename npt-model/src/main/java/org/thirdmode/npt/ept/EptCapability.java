package org.thirdmode.npt.ept;

import java.util.EnumSet;
import java.util.Set;

/**
 * One thing that a processor's EPT can do: a bit of IA32_VMX_EPT_VPID_CAP, and of the secondary controls. SDM 3D "VPID and EPT
 * Capabilities".
 */
public enum EptCapability {
    /** Translations may be execute-only: an entry may have bit 0 clear and bit 2 set. */
    EXECUTE_ONLY(0),
    /** A page-walk length of 4. */
    PAGE_WALK_4(6),
    /** A page-walk length of 5. */
    PAGE_WALK_5(7),
    /** EPT paging structures may be uncacheable. */
    MEMORY_TYPE_UC(8),
    /** EPT paging structures may be write-back. */
    MEMORY_TYPE_WB(14),
    /** An EPT PDE may map a 2-MByte page. */
    PAGE_2_MBYTE(16),
    /** An EPT PDPTE may map a 1-GByte page. */
    PAGE_1_GBYTE(17),
    /** Accessed and dirty flags for EPT. */
    ACCESSED_DIRTY(21),
    /** Bits 9 to 11 of the exit qualification of an EPT violation. */
    ADVANCED_EXIT_INFORMATION(22);

    /** Its bit in IA32_VMX_EPT_VPID_CAP. */
    public final int bit;

    EptCapability(int bit) {
        this.bit = bit;
    }

    /** Those that a value of IA32_VMX_EPT_VPID_CAP reports. */
    public static Set<EptCapability> of(long eptVpidCap) {
        Set<EptCapability> set = EnumSet.noneOf(EptCapability.class);
        for (EptCapability capability : values()) {
            if ((eptVpidCap >>> capability.bit & 1) != 0) {
                set.add(capability);
            }
        }
        return set;
    }
}
