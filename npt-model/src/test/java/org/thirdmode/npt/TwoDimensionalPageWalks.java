package org.thirdmode.npt;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.thirdmode.npt.TwoDimensions.Reference;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.Translation;
import org.thirdmode.x86.paging.WalkRecorder;

/** Bhargava et al., "Accelerating Two-Dimensional Page Walks for Virtualized Systems", ASPLOS 2008. */
class TwoDimensionalPageWalks {
    private static final long PAGE = 0x12_3456_7000L;
    private static final long GUEST_PAGE = 0x60_0000;

    private static TwoDimensions machine(boolean amd, int guestLevels, int nestedLevels) {
        return amd ? TwoDimensions.npt(guestLevels, nestedLevels) : TwoDimensions.ept(guestLevels, nestedLevels);
    }

    private static List<Reference> walk(TwoDimensions m) {
        m.record();
        m.walker.walk(PAGE, Access.READ, new Translation());
        return m.references;
    }

    private static int references(boolean amd, int guestLevels, int guestLeaf, int nestedLevels, int nestedLeaf) {
        TwoDimensions m = machine(amd, guestLevels, nestedLevels);
        long entry = TwoDimensions.P | TwoDimensions.A | (guestLeaf == 1 ? 0 : TwoDimensions.PS);
        m.map(PAGE, guestLeaf, (guestLeaf == 3 ? 0 : GUEST_PAGE) | entry, nestedLeaf);
        if (guestLeaf == 3) {
            m.nestedMap(PAGE & 0x3fff_ffffL, nestedLeaf);
        } else if (guestLeaf == 2) {
            m.nestedMap(GUEST_PAGE | (PAGE & 0x1f_ffff), nestedLeaf);
        }
        int recorded = walk(m).size();
        assertEquals(
                recorded,
                m.walker.counters.allTableReferences() + m.walker.counters.allNestedReferences(),
                "the counters");
        return recorded;
    }

    @Example
    void figure1bNumbersTheReferencesOfFourByFourLevels() {
        for (boolean amd : new boolean[] {false, true}) {
            TwoDimensions m = machine(amd, 4, 4);
            m.map(PAGE, GUEST_PAGE | TwoDimensions.P | TwoDimensions.A);
            List<Reference> expected = new ArrayList<>();
            for (int guest = 4; guest >= 0; guest--) {
                for (int nested = 4; nested >= 1; nested--) {
                    expected.add(new Reference(guest, nested));
                }
                if (guest != WalkRecorder.FINAL) {
                    expected.add(new Reference(guest, 0));
                }
            }
            assertEquals(24, expected.size());
            assertEquals(expected, walk(m));
        }
    }

    @Example
    void largePagesInOneOrBothDimensionsShortenTheWalk() {
        for (boolean amd : new boolean[] {false, true}) {
            assertEquals(24, references(amd, 4, 1, 4, 1));
            assertEquals(19, references(amd, 4, 2, 4, 1));
            assertEquals(19, references(amd, 4, 1, 4, 2));
            assertEquals(15, references(amd, 4, 2, 4, 2));
            assertEquals(35, references(amd, 5, 1, 5, 1));
        }
    }

    @Property(tries = 200)
    void nByMLevelsMakeNPlus1TimesMPlus1Minus1References(
            @ForAll boolean amd,
            @ForAll @IntRange(min = 4, max = 5) int guestLevels,
            @ForAll @IntRange(min = 1, max = 3) int guestLeaf,
            @ForAll @IntRange(min = 4, max = 5) int nestedLevels,
            @ForAll @IntRange(min = 1, max = 3) int nestedLeaf) {
        int n = guestLevels - guestLeaf + 1;
        int m = nestedLevels - nestedLeaf + 1;
        assertEquals((n + 1) * (m + 1) - 1, references(amd, guestLevels, guestLeaf, nestedLevels, nestedLeaf));
    }
}
