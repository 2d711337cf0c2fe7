package org.thirdmode.x86.exec;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.thirdmode.x86.decode.Decoder;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.state.CpuState;

/**
 * Finds and keeps decoded code: linear page to {@link CodePage}, and the decoding of what is not there yet.
 *
 * <p>A guest decides what is decoded, so what is kept is bounded: past {@link #MAX_DECODED} instructions all of it is
 * dropped and decoding begins anew.
 */
final class CodeCache implements Mmu.CodeListener {
    private static final int MAX_DECODED = 1 << 19;
    private static final int ENTRIES = 256;

    private final CpuState state;
    private final Mmu mmu;
    private final PhysicalMemory memory;
    private final Decoder decoder;
    private final Runnable onFlush;

    /** What is kept of one address space: its pages by linear address. */
    private static final class Space {
        final long[] tags = new long[ENTRIES];
        final long[] generations = new long[ENTRIES];
        final CodePage[] pages = new CodePage[ENTRIES];
        long generation = 1;
    }

    /** By number; made when first chosen. */
    private Space[] spaces = {new Space()};

    private Space space = spaces[0];

    private final List<CodePage> all = new ArrayList<>();
    private int decoded;
    private final byte[] window = new byte[16];

    /** @param onFlush hears that the page in execution may be translated otherwise from the next instruction on */
    CodeCache(CpuState state, Mmu mmu, PhysicalMemory memory, Decoder decoder, Runnable onFlush) {
        this.state = state;
        this.mmu = mmu;
        this.memory = memory;
        this.decoder = decoder;
        this.onFlush = onFlush;
        mmu.codeListener(this);
    }

    @Override
    public void spaceChosen(int number) {
        if (number >= spaces.length) {
            spaces = Arrays.copyOf(spaces, number + 1);
        }
        if (spaces[number] == null) {
            spaces[number] = new Space();
        }
        space = spaces[number];
        onFlush.run();
    }

    @Override
    public void translationsFlushed(int number) {
        if (number < spaces.length && spaces[number] != null) {
            spaces[number].generation++;
        }
        onFlush.run();
    }

    @Override
    public void pageFlushed(int number, long linear) {
        if (number < spaces.length && spaces[number] != null) {
            spaces[number].generations[slot(linear)] = 0;
        }
        onFlush.run();
    }

    private static int slot(long linear) {
        return (int) (linear >>> 12) & (ENTRIES - 1);
    }

    /**
     * The decoded code of the page of {@code linear}, for a fetch with the privilege of CPL; null where the page is no
     * memory or each fetch must be translated anew.
     *
     * @throws org.thirdmode.x86.state.GuestFault #PF
     */
    CodePage page(long linear) {
        long tag = (linear & -Frame.SIZE) | (state.cpl == 3 ? 1 : 0);
        int slot = slot(linear);
        Space at = space;
        if (at.tags[slot] == tag && at.generations[slot] == at.generation) {
            mmu.fetchedAgain(linear);
            return at.pages[slot];
        }
        Frame frame = memory.frame(mmu.translate(linear, fetch()));
        if (frame == null || !mmu.mayKeepFetch()) {
            return null;
        }
        CodePage page = (CodePage) frame.code;
        if (page == null) {
            page = new CodePage(frame);
            frame.code = page;
            all.add(page);
            mmu.protectCode(frame);
        }
        at.tags[slot] = tag;
        at.generations[slot] = at.generation;
        at.pages[slot] = page;
        return page;
    }

    private int fetch() {
        return Access.FETCH | (state.cpl == 3 ? Access.USER : 0);
    }

    /** The instruction at {@code offset} (0..4096) of a page whose slots for the code width in force are given. */
    Instruction instructionAt(CodePage page, Instruction[] slots, int offset) {
        Instruction i = slots[offset];
        return i != null ? i : decode(page, offset);
    }

    /** Decodes what stands at {@code offset} of a page into its slot. */
    private Instruction decode(CodePage page, int offset) {
        if (++decoded > MAX_DECODED) {
            dropAll();
            page.frame.code = page;
            all.add(page);
        }
        int width = state.codeWidth;
        Instruction i = decoder.decode(page.frame.bytes, offset, Frame.SIZE, width);
        if (i == null) {
            i = CodePage.crossing(offset);
        } else {
            Forms.settle(i, offset);
        }
        page.slots(width)[offset] = i;
        return i;
    }

    /** An instruction of a page decoded for the caller alone; null where it does not end in the page. */
    Instruction decodeAlone(CodePage page, int offset, int width) {
        Instruction i = decoder.decode(page.frame.bytes, offset, Frame.SIZE, width);
        if (i != null) {
            Forms.settle(i, offset);
        }
        return i;
    }

    private void dropAll() {
        decoded = 0;
        for (CodePage page : all) {
            page.clear();
            page.frame.code = null;
        }
        all.clear();
        for (Space each : spaces) {
            if (each != null) {
                each.generation++;
            }
        }
    }

    /**
     * Fetches and decodes one instruction at a linear address without keeping it: page crossings, code outside memory,
     * code near the end of its segment.
     *
     * @param available bytes up to the segment's limit, at least 1
     * @return the instruction, or null where the segment ends before it does
     */
    Instruction fetchOne(long linear, long available) {
        int most = (int) Math.min(15, available);
        int inPage = Math.min(most, Frame.SIZE - ((int) linear & (Frame.SIZE - 1)));
        copy(linear, 0, inPage);
        Instruction i = decoder.decode(window, 0, inPage, state.codeWidth);
        if (i == null && inPage < most) {
            copy((linear + inPage) & state.linearMask, inPage, most);
            i = decoder.decode(window, 0, most, state.codeWidth);
        }
        if (i != null) {
            Forms.settle(i, (int) linear & (Frame.SIZE - 1));
        }
        return i;
    }

    private void copy(long linear, int from, int to) {
        long physical = mmu.translate(linear, fetch());
        for (int n = from; n < to; n++) {
            window[n] = (byte) memory.read(physical + n - from, 1);
        }
    }
}
