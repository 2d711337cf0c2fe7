package org.thirdmode.x86.exec.system;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** RDRAND and RDSEED: a sequence that follows from the run's seed alone. */
public final class RandomNumbers {
    private static final RandomGeneratorFactory<RandomGenerator> FACTORY =
            RandomGeneratorFactory.of("Xoshiro256PlusPlus");

    private RandomGenerator generator = FACTORY.create(0);

    /** Begins the sequence of another seed. */
    public void seed(long seed) {
        generator = FACTORY.create(seed);
    }

    long next() {
        return generator.nextLong();
    }
}
