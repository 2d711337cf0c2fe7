package org.thirdmode.kvm.vmm;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.thirdmode.pc.device.VgaText;

/**
 * The text screen, drawn as the inventors of the dirty log did it: the slot of the video memory has a log, and only rows on
 * pages that were written since the last look are drawn again.
 */
public final class Screen {
    /** Of video memory, which begins at A0000H: where text begins, in pages. */
    private static final int TEXT_PAGE = 0x18;

    private static final int TEXT_PAGES = 8;
    private static final int ROW_BYTES = VgaText.COLUMNS * 2;

    private final VgaText vga;
    private final SlotMap slots;
    private final List<String> rows = new ArrayList<>();
    private int start = -1;
    private long refreshes;
    private long rowsDrawn;

    Screen(VgaText vga, SlotMap slots) {
        this.vga = vga;
        this.slots = slots;
        slots.logFramebuffer(true);
    }

    /** Brings the screen up to date. Returns whether anything was drawn. */
    public boolean refresh() {
        refreshes++;
        BitSet written = slots.framebufferLog();
        boolean moved = start != vga.start();
        start = vga.start();
        long before = rowsDrawn;
        for (int row = 0; row < VgaText.ROWS; row++) {
            if (moved || touches(written, row)) {
                draw(row);
            }
        }
        return rowsDrawn != before;
    }

    private boolean touches(BitSet written, int row) {
        int first = start * 2 + row * ROW_BYTES;
        return written.get(page(first)) || written.get(page(first + ROW_BYTES - 1));
    }

    /** The page of a byte of text memory, which wraps. */
    private static int page(int offset) {
        return TEXT_PAGE + ((offset >>> 12) & (TEXT_PAGES - 1));
    }

    private void draw(int row) {
        rowsDrawn++;
        while (rows.size() <= row) {
            rows.add("");
        }
        rows.set(row, vga.row(row));
    }

    /** The rows as they were drawn last. */
    public List<String> rows() {
        return List.copyOf(rows);
    }

    /** How often somebody looked. */
    public long refreshes() {
        return refreshes;
    }

    /** Rows drawn because their page was written, or because the screen scrolled. */
    public long rowsDrawn() {
        return rowsDrawn;
    }
}
