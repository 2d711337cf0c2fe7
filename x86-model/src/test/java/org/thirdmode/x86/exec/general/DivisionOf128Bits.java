package org.thirdmode.x86.exec.general;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.math.BigInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.exec.TestProcessors;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Vector;

/** SDM 2 "DIV" and "IDIV" with REX.W: RDX:RAX by a register of 64 bits. */
class DivisionOf128Bits {
    private static final int[] DIV_RBX = Programs.bytes("48f7f3");
    private static final int[] IDIV_RBX = Programs.bytes("48f7fb");

    @Property
    void divRoundsTowardsZero(@ForAll long high, @ForAll long low, @ForAll long divisor) {
        // Whatever was generated, once with a quotient that fits.
        check(high, low, divisor, false);
        if (divisor != 0) {
            check(Long.remainderUnsigned(high, divisor), low, divisor, false);
        }
    }

    @Property
    void idivRoundsTowardsZero(@ForAll long high, @ForAll long low, @ForAll long divisor) {
        check(high, low, divisor, true);
        if (divisor != 0) {
            check(high % divisor / 2, low, divisor, true);
        }
    }

    private static void check(long high, long low, long divisor, boolean signed) {
        Processor cpu = TestProcessors.flat64();
        cpu.state.r[CpuState.RDX] = high;
        cpu.state.r[CpuState.RAX] = low;
        cpu.state.r[CpuState.RBX] = divisor;
        GuestFault fault = Programs.execute(cpu, signed ? IDIV_RBX : DIV_RBX);

        BigInteger dividend = (signed ? BigInteger.valueOf(high) : unsigned(high))
                .shiftLeft(64)
                .add(unsigned(low));
        BigInteger by = signed ? BigInteger.valueOf(divisor) : unsigned(divisor);
        BigInteger[] expected = divisor == 0 ? null : dividend.divideAndRemainder(by);
        if (expected == null || (signed ? expected[0].bitLength() > 63 : expected[0].bitLength() > 64)) {
            assertNotNull(fault);
            assertEquals(Vector.DE, fault.vector);
        } else {
            assertNull(fault);
            assertEquals(expected[0].longValue(), cpu.state.r[CpuState.RAX], "quotient");
            assertEquals(expected[1].longValue(), cpu.state.r[CpuState.RDX], "remainder");
        }
    }

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }
}
