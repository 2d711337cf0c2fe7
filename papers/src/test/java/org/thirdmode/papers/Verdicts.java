package org.thirdmode.papers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.thirdmode.cost.Certainty;
import org.thirdmode.cost.data.DataException;
import org.thirdmode.cost.data.DataFile;

/** When a claim is met. */
class Verdicts {
    private static Claim claim(String id, double value, Kind kind) {
        return new Claim(id, id, value, "us", Certainty.PRIMARY, kind, kind == Kind.SHAPE ? "group" : "", "because");
    }

    private static List<Verdict> verdicts(List<Claim> claims, Map<String, Double> ours) {
        return new Judge(claims, ours).rows().stream().map(Row::verdict).toList();
    }

    @Test
    void exactIsEqual() {
        List<Claim> claims = List.of(claim("a", 24, Kind.EXACT), claim("b", 24, Kind.EXACT));
        assertEquals(List.of(Verdict.AGREES, Verdict.DIFFERS), verdicts(claims, Map.of("a", 24.0, "b", 24.5)));
    }

    @Test
    void calibratedIsWithinFivePerCentOnEitherSide() {
        List<Claim> claims = List.of(
                claim("a", 100, Kind.CALIBRATED),
                claim("b", 100, Kind.CALIBRATED),
                claim("c", 100, Kind.CALIBRATED),
                claim("d", 100, Kind.CALIBRATED));
        assertEquals(
                List.of(Verdict.AGREES, Verdict.AGREES, Verdict.DIFFERS, Verdict.DIFFERS),
                verdicts(claims, Map.of("a", 104.9, "b", 95.1, "c", 105.1, "d", 94.9)));
    }

    @Test
    void whatWasFittedProvesNothing() {
        assertEquals(List.of(Verdict.FITTED), verdicts(List.of(claim("a", 1, Kind.FITTED)), Map.of("a", 1.0)));
    }

    @Test
    void aShapeIsAnOrder() {
        List<Claim> ladder =
                List.of(claim("a", 1.1, Kind.SHAPE), claim("b", 6.4, Kind.SHAPE), claim("c", 53, Kind.SHAPE));
        assertEquals(
                List.of(Verdict.AGREES, Verdict.AGREES, Verdict.AGREES),
                verdicts(ladder, Map.of("a", 0.2, "b", 7.0, "c", 29.0)));
        assertEquals(
                List.of(Verdict.AGREES, Verdict.DIFFERS, Verdict.DIFFERS),
                verdicts(ladder, Map.of("a", 0.2, "b", 30.0, "c", 29.0)));
    }

    @Test
    void whatIsEqualInThePaperIsAboutEqualHere() {
        List<Claim> pair = List.of(claim("a", 0.06, Kind.SHAPE), claim("b", 0.06, Kind.SHAPE));
        assertEquals(List.of(Verdict.AGREES, Verdict.AGREES), verdicts(pair, Map.of("a", 1.0, "b", 1.2)));
        assertEquals(List.of(Verdict.DIFFERS, Verdict.DIFFERS), verdicts(pair, Map.of("a", 1.0, "b", 1.3)));
    }

    @Test
    void aShapeWithoutAnotherToCompareWithIsNotRun() {
        List<Claim> pair = List.of(claim("a", 1, Kind.SHAPE), claim("b", 2, Kind.SHAPE));
        assertEquals(List.of(Verdict.NOT_RUN, Verdict.NOT_RUN), verdicts(pair, Map.of("a", 1.0)));
    }

    @Test
    void aMeasurementThatNobodyClaimsIsAMistake() {
        assertThrows(IllegalStateException.class, () -> new Judge(List.of(), Map.of("a", 1.0)));
    }

    @Test
    void whatDoesNotAgreeIsInTheTableWithItsExplanation() {
        Claims claims = new Claims("Title", "Somebody, 2000", "A run.", List.of(claim("a", 24, Kind.EXACT)));
        Result result =
                new Result("folder", claims, new Judge(claims.claims(), Map.of("a", 25.0)).rows(), MoreRows.NONE);
        assertTrue(result.markdown().contains("| a | exact | published | 24 | 25 | us | differs |"), result.markdown());
        assertTrue(result.markdown().contains("- a (differs): because"), result.markdown());
        assertEquals(1, result.count(Verdict.DIFFERS));
    }

    @Test
    void everyPaperHasItsData() {
        for (Paper paper : Papers.all()) {
            assertFalse(Papers.claims(paper).claims().isEmpty(), paper.folder());
        }
    }

    @Test
    void whatNobodyPublishedIsNoClaim() {
        String text =
                "title: t\nsource: s\nrun: r\nclaims:\n  - {id: a, what: w, value: 1, unit: us, certainty: assumed,"
                        + " kind: exact}\n";
        assertEquals(
                "c.yaml:5:5: what a paper claims was published",
                assertThrows(DataException.class, () -> Claims.read(DataFile.parse("c.yaml", text)))
                        .getMessage());
    }
}
