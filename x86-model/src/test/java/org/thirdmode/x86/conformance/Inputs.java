package org.thirdmode.x86.conformance;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.Rflags;

/**
 * What one case of a form begins with: a function of the form and of two numbers, so that recordings need not hold it.
 * Recordings are made anew whenever this changes.
 */
final class Inputs {
    private static final long[] EDGES = {
        0,
        1,
        2,
        -1,
        -2,
        0x7f,
        0x80,
        0xff,
        0x7fff,
        0x8000,
        0xffff,
        0x7fff_ffffL,
        0x8000_0000L,
        0xffff_ffffL,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        0x5555_5555_5555_5555L,
        0xaaaa_aaaa_aaaa_aaaaL
    };

    final long[] gpr = new long[16];
    final long rflags;
    final byte[] memory = new byte[Machine.WINDOW_SIZE];

    private long random;

    Inputs(Form form, int formNumber, int caseNumber) {
        random = formNumber * 1_000_003L + caseNumber;
        for (int n = 0; n < gpr.length; n++) {
            gpr[n] = value();
        }
        ByteBuffer bytes = ByteBuffer.wrap(memory).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < memory.length; at += 8) {
            bytes.putLong(at, value());
        }
        boolean alike = form.profile() == Form.Profile.EQUALITY ? below(2) == 0 : below(16) == 0;
        if (alike) {
            makeAlike(bytes);
        }
        if (form.profile() == Form.Profile.DIVISION && below(4) != 0) {
            long sign = below(2) == 0 ? 0 : gpr[CpuState.RAX] >> 63;
            gpr[CpuState.RDX] = sign + (below(4) == 0 ? below(3) : 0);
        }
        for (Form.Pin pin : form.pins()) {
            long mask = pin.size() == 8 ? -1L : (1L << (pin.size() * 8)) - 1;
            long pinned = pin.base() + below(pin.span());
            gpr[pin.register()] = (gpr[pin.register()] & ~mask) | (pinned & mask);
        }
        int direction = below(4) == 0 ? Rflags.DF : 0;
        int alignment = below(8) == 0 ? Rflags.AC : 0;
        rflags = (next() & Flags.STATUS) | Rflags.FIXED | Rflags.IF | direction | alignment;
    }

    /** Every register and every 8 bytes of memory hold one number whose halves are alike. */
    private void makeAlike(ByteBuffer bytes) {
        long half = value() & 0xffff_ffffL;
        long number = below(2) == 0 ? value() : half | (half << 32);
        Arrays.fill(gpr, number);
        int odd = below(memory.length);
        for (int at = 0; at < memory.length; at += 8) {
            bytes.putLong(at, number);
        }
        if (below(2) == 0) {
            memory[odd] ^= 1;
        }
    }

    /** SplitMix64: G. Steele, D. Lea, C. Flood, "Fast Splittable Pseudorandom Number Generators", 2014. */
    private long next() {
        random += 0x9e37_79b9_7f4a_7c15L;
        long z = random;
        z = (z ^ (z >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
        z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
        return z ^ (z >>> 31);
    }

    private int below(int bound) {
        return (int) Long.remainderUnsigned(next(), bound);
    }

    private long value() {
        return switch (below(8)) {
            case 0, 1 -> EDGES[below(EDGES.length)];
            case 2 -> below(256);
            case 3 -> (EDGES[below(EDGES.length)] & 0xffff_ffffL) | (next() << 32);
            default -> next();
        };
    }
}
