package org.thirdmode.x86.paging;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.tlb.TlbGeometry;

class TlbGeometries {
    @Test
    void everyProfileHasOne() {
        CpuProfile.named()
                .forEach((name, profile) -> assertEquals(name, profile.tlbs().name()));
    }

    @Test
    void anUnknownNameListsTheKnown() {
        String message = assertThrows(IllegalArgumentException.class, () -> TlbGeometry.of("zen"))
                .getMessage();
        assertEquals(
                "TLB geometry of profile 'zen': unknown; known are "
                        + "barcelona, generic, generic-amd, haswell, merom, nehalem, penryn, prescott, sandybridge, skylake,"
                        + " westmere, zen2",
                message);
    }

    @Test
    void aFirstLevelMustHoldEveryPageSize() {
        TlbGeometry skylake = TlbGeometry.of("skylake");
        List<TlbGeometry.Buffer> small = skylake.dataL1().subList(0, 1);
        assertThrows(
                IllegalArgumentException.class,
                () -> new TlbGeometry("x", small, skylake.instructionL1(), List.of(), List.of(), List.of()));
    }
}
