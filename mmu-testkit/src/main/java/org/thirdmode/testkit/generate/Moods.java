package org.thirdmode.testkit.generate;

import java.util.Random;

/**
 * What one guest and its host do often, and what never: drawn for each guest anew. Guests that do a little of everything
 * seldom do the three things in a row that a bug wants. Groce et al., "Swarm Testing", ISSTA 2012.
 */
final class Moods {
    /** A kind of action. */
    enum Kind {
        WRITE_ENTRY(8),
        WRITE_IN_TABLE(1),
        LOAD_CR3(2),
        REGISTERS(4),
        FLUSH(1),
        INVLPG(3),
        INVPCID(1),
        SWITCH_MODE(1),
        TURN(4),
        RACE(3),
        AGE(1),
        DIRTY_LOG(1),
        SLOTS(1),
        RECLAIM(1),
        DEVICE_WRITE(1),
        TAMPER(0),
        TOUCH(14);

        private final int weight;

        Kind(int weight) {
            this.weight = weight;
        }
    }

    /** Times the usual weight; the first is for nearly never. */
    private static final int[] FACTORS = {0, 1, 1, 4};

    private final Random random;
    private final int[] weights = new int[Kind.values().length];
    private int sum;

    Moods(Random random, Habits habits, int vcpus) {
        this.random = random;
        for (Kind kind : Kind.values()) {
            int factor = kind == Kind.TOUCH ? 2 : FACTORS[random.nextInt(FACTORS.length)];
            weights[kind.ordinal()] = possible(kind, habits, vcpus) ? factor * weight(kind, habits) : 0;
            sum += weights[kind.ordinal()];
        }
    }

    private static int weight(Kind kind, Habits habits) {
        return kind == Kind.TAMPER && habits.tampers() ? 4 : 2 * kind.weight;
    }

    private static boolean possible(Kind kind, Habits habits, int vcpus) {
        return switch (kind) {
            case RACE, AGE -> habits.hostActs() && habits.races();
            case DIRTY_LOG, SLOTS, RECLAIM, DEVICE_WRITE -> habits.hostActs();
            case SWITCH_MODE -> habits.modeSwitches();
            case TAMPER -> habits.tampers();
            case TURN -> vcpus > 1;
            default -> true;
        };
    }

    Kind next() {
        int at = random.nextInt(sum);
        for (Kind kind : Kind.values()) {
            at -= weights[kind.ordinal()];
            if (at < 0) {
                return kind;
            }
        }
        throw new IllegalStateException("weights");
    }
}
