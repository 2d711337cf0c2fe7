package org.thirdmode.pc.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Files without a header, put at an address. */
final class RawImages extends LoaderBench {
    private static final Image CODE = new Image("code", new byte[] {(byte) 0xf4, 1, 2, 3});

    @Test
    void below1MByteItStartsInRealMode() throws ImageException {
        InitialState state = load(CODE, LoadOptions.DEFAULT.withRawAddress(0x1_2345));
        assertEquals(InitialState.Mode.REAL, state.mode());
        assertEquals(0x1234, state.cs().selector());
        assertEquals(0x1_2340, state.cs().base());
        assertEquals(5, state.rip());
        assertEquals(0x0302_01f4L, u32(0x1_2345));
    }

    @Test
    void aboveItStartsInFlatProtectedMode() throws ImageException {
        InitialState state = load(CODE, LoadOptions.DEFAULT.withRawAddress(0x20_0001));
        assertEquals(InitialState.Mode.PROTECTED, state.mode());
        assertEquals(0x20_0001, state.rip());
    }

    @Test
    void whereThereIsNoRamItIsRefused() {
        refuses(
                "code: offset 0x0: found image at 0x9fffe to 0xa0002; expected RAM there: 0x0 to 0x9fc00, 0x100000 to"
                        + " 0x1000000",
                CODE,
                LoadOptions.DEFAULT.withRawAddress(0x9_fffe));
        refuses(
                "code: offset 0x0: found image at 0xffffffffffffffff to 0x3; expected RAM there: 0x0 to 0x9fc00, 0x100000 to"
                        + " 0x1000000",
                CODE,
                LoadOptions.DEFAULT.withRawAddress(-1));
    }

    @Test
    void anEmptyFileIsRefused() {
        refuses(
                "e: offset 0x0: found the end of the file at 0x0; expected 1 bytes of code from 0x0",
                new Image("e", new byte[0]),
                LoadOptions.DEFAULT.withRawAddress(0x1000));
    }
}
