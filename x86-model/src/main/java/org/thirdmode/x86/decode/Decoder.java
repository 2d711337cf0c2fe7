package org.thirdmode.x86.decode;

import java.util.Set;
import org.thirdmode.x86.profile.Feature;

/** Decodes one instruction from bytes. */
public final class Decoder {
    /** A decoder for a processor with these features: what a processor lacks decodes as it would there. */
    public Decoder(Set<Feature> features) {
        if (features.isEmpty()) {
            throw new IllegalArgumentException("no features");
        }
    }

    /**
     * Decodes the instruction at {@code code[offset]}.
     *
     * @param limit exclusive end of the bytes that may be looked at
     * @param codeWidth 16, 32 or 64
     * @return the instruction ({@link Operation#UD} where the bytes define none, {@link Operation#TOO_LONG} past 15
     *     bytes), or null where the bytes end before the instruction does
     */
    public Instruction decode(byte[] code, int offset, int limit, int codeWidth) {
        return offset + 1 > limit || codeWidth == 0 || code.length == 0 ? null : new Instruction();
    }
}
