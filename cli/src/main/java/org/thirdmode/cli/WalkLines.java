package org.thirdmode.cli;

import java.util.function.Consumer;
import org.thirdmode.x86.paging.WalkRecorder;

/**
 * One line for each two-dimensional walk: the addresses, then every reference in the order of Bhargava et al.,
 * "Accelerating Two-Dimensional Page Walks for Virtualized Systems", Fig 1(b), named as there ({@code nL4} to {@code nL1}
 * the nested tables, {@code gL4} to {@code gL1} the guest's), each with the host-physical address that was read.
 */
final class WalkLines implements WalkRecorder {
    private final String name;
    private final Consumer<String> lines;
    private final StringBuilder references = new StringBuilder();
    private int count;
    private int nested;
    private long linear;
    private long guestPhysical;

    /**
     * @param name of such a walk, in the manual's words
     * @param lines who gets them
     */
    WalkLines(String name, Consumer<String> lines) {
        this.name = name;
        this.lines = lines;
    }

    @Override
    public void begun(long linearAddress, int access) {
        linear = linearAddress;
        guestPhysical = -1;
        count = 0;
        nested = 0;
        references.setLength(0);
    }

    @Override
    public void tableReference(int level, long itsGuestPhysical, long hostPhysical, long entry) {
        reference('g', level, hostPhysical);
    }

    @Override
    public void nestedReference(int guestLevel, int level, long hostPhysical, long entry) {
        nested++;
        reference('n', level, hostPhysical);
    }

    private void reference(char dimension, int level, long hostPhysical) {
        count++;
        references.append(' ').append(dimension).append('L').append(level).append('[');
        references.append(Long.toHexString(hostPhysical)).append(']');
    }

    @Override
    public void guestPhysical(long address) {
        guestPhysical = address;
    }

    @Override
    public void reached(long hostPhysical) {
        write("hpa 0x" + Long.toHexString(hostPhysical));
    }

    @Override
    public void refused() {
        write("refused");
    }

    private void write(String end) {
        if (nested != 0) {
            lines.accept(name + " gva 0x" + Long.toHexString(linear) + " -> "
                    + (guestPhysical == -1 ? "" : "gpa 0x" + Long.toHexString(guestPhysical) + " -> ") + end + ": "
                    + count + (count == 1 ? " reference:" : " references:") + references);
        }
    }
}
