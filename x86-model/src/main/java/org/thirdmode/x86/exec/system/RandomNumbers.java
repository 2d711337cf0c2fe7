package org.thirdmode.x86.exec.system;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/** RDRAND and RDSEED: a sequence that follows from the run's seed alone. */
public final class RandomNumbers implements Stateful {
    private static final RandomGeneratorFactory<RandomGenerator> FACTORY =
            RandomGeneratorFactory.of("Xoshiro256PlusPlus");

    private RandomGenerator generator = FACTORY.create(0);
    private long seed;
    private long taken;

    /** Begins the sequence of another seed. */
    public void seed(long begin) {
        seed = begin;
        taken = 0;
        generator = FACTORY.create(begin);
    }

    /** Goes on where another has come to; that one is not used any more, or goes on from this one. */
    public void goOnFrom(RandomNumbers other) {
        generator = other.generator;
        seed = other.seed;
        taken = other.taken;
    }

    long next() {
        taken++;
        return generator.nextLong();
    }

    /** The generator is the JDK's: its state is the seed and how many numbers were taken. */
    @Override
    public void state(StatePort port) {
        long from = port.number("seed", seed);
        long count = port.number("taken", taken);
        if (port.restoring()) {
            seed(from);
            for (long i = 0; i < count; i++) {
                next();
            }
        }
    }
}
