package org.thirdmode.pc.apic;

import java.util.Arrays;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/** A bit a vector: the 256-bit registers IRR, ISR and TMR. */
final class VectorSet implements Stateful {
    private final int[] words = new int[8];

    boolean contains(int vector) {
        return (words[vector >>> 5] >>> (vector & 31) & 1) != 0;
    }

    void set(int vector, boolean value) {
        int bit = 1 << (vector & 31);
        if (value) {
            words[vector >>> 5] |= bit;
        } else {
            words[vector >>> 5] &= ~bit;
        }
    }

    void clear() {
        Arrays.fill(words, 0);
    }

    /** The highest vector in the set, or -1. */
    int highest() {
        for (int i = words.length - 1; i >= 0; i--) {
            if (words[i] != 0) {
                return i * 32 + 31 - Integer.numberOfLeadingZeros(words[i]);
            }
        }
        return -1;
    }

    /** Bits {@code 32 * index + 31} to {@code 32 * index}. */
    int word(int index) {
        return words[index];
    }

    @Override
    public void state(StatePort port) {
        port.numbers("words", words);
    }
}
