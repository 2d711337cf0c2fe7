package org.thirdmode.pc.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Xen "x86/HVM direct boot ABI". */
final class PvhImages extends LoaderBench {
    private static final byte[] CODE = {(byte) 0xf4, 1, 2, 3};

    private static byte[] note(String name, int type, byte... value) {
        ByteBuffer note = ByteBuffer.allocate(12 + name.length() + value.length).order(ByteOrder.LITTLE_ENDIAN);
        note.putInt(name.length()).putInt(value.length).putInt(type);
        note.put(name.getBytes(java.nio.charset.StandardCharsets.US_ASCII)).put(value);
        return note.array();
    }

    private static Image kernel(byte[]... notes) {
        return Images.elf64(
                0xffff_ffff_8020_0000L,
                new Images.Segment(0xffff_ffff_8020_0000L, 0x20_0000, CODE, 0x1000),
                Images.Segment.notes(Images.join(notes)));
    }

    private static Image withEntry() {
        return kernel(note("GNU\0", 3, (byte) 1, (byte) 2, (byte) 3, (byte) 4), entryNote());
    }

    private static byte[] entryNote() {
        return note("Xen\0", 18, (byte) 2, (byte) 0, (byte) 0x20, (byte) 0);
    }

    @Test
    void theNoteNamesThePhysicalEntryInFlat32BitMode() throws ImageException {
        InitialState state = load(withEntry());
        assertEquals(InitialState.Mode.PROTECTED, state.mode());
        assertEquals(0x20_0002, state.rip());
        assertEquals(0x11, state.cr0());
        assertEquals(0xffff_ffffL, state.cs().limit());
        assertEquals(0, state.rflags() & 0x200, "interrupts are off");
    }

    @Test
    void theStartInformationIsAtEbx() throws ImageException {
        Image disk = new Image("disk", new byte[] {7, 8, 9});
        InitialState state = load(
                withEntry(),
                LoadOptions.DEFAULT
                        .withCommandLine("console=ttyS0")
                        .withModules(List.of(new LoadOptions.Module(disk, "arguments"))));
        long info = state.rbx();
        assertEquals(0x336e_c578L, u32(info));
        assertEquals(1, u32(info + 4), "version");
        assertEquals(1, u32(info + 12), "modules");
        long module = memory.read(info + 16, 8);
        assertEquals(3, memory.read(module + 8, 8));
        assertEquals(8, memory.read(memory.read(module, 8) + 1, 1));
        assertEquals("arguments", text(memory.read(module + 16, 8)));
        assertEquals("console=ttyS0", text(memory.read(info + 24, 8)));
        long usable = 0;
        for (int i = 0; i < u32(info + 48); i++) {
            long row = memory.read(info + 40, 8) + (i * 24L);
            usable += u32(row + 16) == 1 ? memory.read(row + 8, 8) : 0;
        }
        assertEquals((15 << 20) + 639 * 1024, usable);
    }

    @Test
    void anotherNoteIsNone() throws ImageException {
        assertEquals(
                InitialState.Mode.LONG, load(kernel(note("Xen\0", 17, CODE))).mode());
        assertEquals(
                InitialState.Mode.LONG, load(kernel(note("GNU\0", 18, CODE))).mode());
    }

    @Test
    void notesThatAreCutShortAreNone() throws ImageException {
        byte[] note = entryNote();
        for (int length = 0; length < note.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(note, length);
            assertEquals(InitialState.Mode.LONG, load(kernel(cut)).mode());
        }
    }
}
