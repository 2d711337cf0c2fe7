package org.thirdmode.papers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** Holds claims against what was measured. */
final class Judge {
    /** The band of {@link Kind#CALIBRATED}. */
    private static final double BAND = 0.05;

    /** What is no difference in a shape: in a paper's figures, and in ours, whose runs differ in more than the one thing. */
    private static final double THEIRS_EQUAL = 1.10;

    private static final double OURS_EQUAL = 1.25;

    private final List<Claim> claims;
    private final Map<String, Double> ours;

    Judge(List<Claim> claims, Map<String, Double> ours) {
        this.claims = claims;
        this.ours = ours;
        for (String id : ours.keySet()) {
            if (claims.stream().noneMatch(claim -> claim.id().equals(id))) {
                throw new IllegalStateException("a measurement of '" + id + "', which nobody claims");
            }
        }
    }

    List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (Claim claim : claims) {
            Double value = ours.get(claim.id());
            rows.add(
                    value == null
                            ? new Row(claim, OptionalDouble.empty(), Verdict.NOT_RUN)
                            : new Row(claim, OptionalDouble.of(value), verdict(claim, value)));
        }
        return rows;
    }

    private Verdict verdict(Claim claim, double value) {
        return switch (claim.kind()) {
            case EXACT -> agrees(value == claim.value());
            case CALIBRATED -> agrees(Math.abs(value / claim.value() - 1) <= BAND);
            case FITTED -> Verdict.FITTED;
            case SHAPE -> shape(claim, value);
        };
    }

    private Verdict shape(Claim claim, double value) {
        boolean compared = false;
        for (Claim other : claims) {
            Double beside = ours.get(other.id());
            if (other != claim && other.group().equals(claim.group()) && beside != null) {
                compared = true;
                if (!sameOrder(claim.value(), other.value(), value, beside)) {
                    return Verdict.DIFFERS;
                }
            }
        }
        return compared ? Verdict.AGREES : Verdict.NOT_RUN;
    }

    private static boolean sameOrder(double theirs, double theirOther, double ours, double ourOther) {
        if (equal(theirs, theirOther, THEIRS_EQUAL)) {
            return equal(ours, ourOther, OURS_EQUAL);
        }
        return theirs > theirOther ? ours > ourOther : ours < ourOther;
    }

    private static boolean equal(double one, double other, double band) {
        return Math.max(one, other) <= Math.min(one, other) * band;
    }

    private static Verdict agrees(boolean met) {
        return met ? Verdict.AGREES : Verdict.DIFFERS;
    }
}
