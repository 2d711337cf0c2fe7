package org.thirdmode.papers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.thirdmode.papers.paper.AgilePaging2016;
import org.thirdmode.papers.paper.KvmLadder2007;
import org.thirdmode.pc.loader.ImageException;

/** What is quick to reproduce: the others run by {@code thirdmode papers}. */
class PublishedFigures {
    private static final Lab LAB = new Lab(run -> {});

    private static void agrees(Paper paper) throws ImageException {
        for (Row row : Papers.run(paper, LAB).rows()) {
            assertNotEquals(Verdict.DIFFERS, row.verdict(), row.toString());
        }
    }

    /** Bhargava et al. 2008: nm + n + m. */
    @Test
    void aTwoDimensionalWalkReadsAsManyEntriesAsThePaperSays() {
        assertEquals(24, HandmadeTables.references(4, false, false).size());
        assertEquals(19, HandmadeTables.references(4, true, false).size());
        assertEquals(19, HandmadeTables.references(4, false, true).size());
        assertEquals(15, HandmadeTables.references(4, true, true).size());
        assertEquals(35, HandmadeTables.references(5, false, false).size());
    }

    /** Fig 1(b): the first and the last of 24. */
    @Test
    void theWalkBeginsWithTheHostsTopTableAndEndsWithThePage() {
        List<String> walk = HandmadeTables.references(4, false, false);
        assertEquals("nL4 for gL4", walk.getFirst());
        assertEquals("gL4", walk.get(4));
        assertEquals("nL1 for gPA", walk.getLast());
    }

    @Test
    void agilePagingTableTwo() throws ImageException {
        agrees(new AgilePaging2016());
    }

    @Test
    void theLadderOfJanuary2007() throws ImageException {
        agrees(new KvmLadder2007());
    }

    @Test
    void aChartIsTheSameEachTime() throws ImageException {
        Result result = Papers.run(new AgilePaging2016(), LAB);
        assertEquals(Chart.svg(result), Chart.svg(result));
        assertTrue(Chart.svg(result).contains("<svg"));
    }
}
