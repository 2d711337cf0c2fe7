package org.thirdmode.pc.bus;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** SDM 1 "I/O Port Addressing"; 82371SB datasheet, splitting of accesses on the ISA bus. */
final class IoPortAddressing {
    private final IoPorts ports = new IoPorts();
    private final List<String> seen = new ArrayList<>();

    private PortDevice device(String name) {
        return new PortDevice() {
            @Override
            public int read(int offset, int size) {
                seen.add(name + " r" + offset + "/" + size);
                return 0x1111_1111 * (offset + 1);
            }

            @Override
            public void write(int offset, int size, int value) {
                seen.add(String.format("%s w%d/%d=%x", name, offset, size, value));
            }
        };
    }

    @Test
    void aPortWithoutADeviceReadsAsAllOnesInEverySize() {
        assertEquals(0xff, ports.read(0x1234, 1));
        assertEquals(0xffff, ports.read(0x1234, 2));
        assertEquals(-1, ports.read(0x1234, 4));
        ports.write(0x1234, 4, 0);
    }

    @Test
    void aDoubleWordToAByteDeviceIsFourBytesTheLowestAddressFirst() {
        ports.register("a", 0x40, 4, 1, device("a"));
        ports.write(0x40, 4, 0xdd_cc_bb_aa);
        assertEquals(List.of("a w0/1=aa", "a w1/1=bb", "a w2/1=cc", "a w3/1=dd"), seen);
        assertEquals(0x44_33_22_11, ports.read(0x40, 4));
    }

    @Test
    void aDoubleWordToAWordDeviceIsTwoWords() {
        ports.register("a", 0x600, 4, 2, device("a"));
        ports.write(0x600, 4, 0x1234_5678);
        assertEquals(List.of("a w0/2=5678", "a w2/2=1234"), seen);
    }

    @Test
    void aWideDeviceGetsAnAlignedAccessWhole() {
        ports.register("a", 0xcf8, 4, 4, device("a"));
        assertEquals(0x1111_1111, ports.read(0xcf8, 4));
        assertEquals(List.of("a r0/4"), seen);
    }

    @Test
    void anUnalignedWordIsTwoBytes() {
        ports.register("a", 0x60, 4, 4, device("a"));
        ports.write(0x61, 2, 0xbbaa);
        assertEquals(List.of("a w1/1=aa", "a w2/1=bb"), seen);
    }

    @Test
    void anAccessAcrossTwoDevicesReachesBoth() {
        ports.register("a", 0x92, 1, 1, device("a"));
        ports.register("b", 0x93, 1, 1, device("b"));
        ports.write(0x92, 2, 0x2211);
        assertEquals(List.of("a w0/1=11", "b w0/1=22"), seen);
    }

    @Test
    void partOfAnAccessThatNobodyAnswersIsAllOnes() {
        ports.register("a", 0x92, 1, 1, device("a"));
        assertEquals(0xffff_ff11, ports.read(0x92, 4));
    }

    @Test
    void anAccessBeyondTheLastPortFindsNobodyThere() {
        ports.register("a", 0xffff, 1, 1, device("a"));
        assertEquals(0xffff_ff11, ports.read(0xffff, 4));
        ports.write(0xffff, 4, 0);
        assertEquals(List.of("a r0/1", "a w0/1=0"), seen);
    }

    @Test
    void twoDevicesCannotHaveOnePort() {
        ports.register("first", 0x3f8, 8, 1, device("a"));
        Exception taken =
                assertThrows(IllegalArgumentException.class, () -> ports.register("second", 0x3ff, 2, 1, device("b")));
        assertEquals("03ff-0400 second: port taken by 03f8-03ff first", taken.getMessage());
    }

    @Test
    void aDeviceThatIsTakenAwayLeavesItsPortsFree() {
        ports.register("a", 0x600, 12, 2, device("a"));
        assertTrue(ports.taken(0x5fe, 3));
        ports.unregister(0x600);
        assertEquals(List.of(), ports.ranges());
        assertEquals(0xff, ports.read(0x600, 1));
    }
}
