package org.thirdmode.x86.paging;

import org.thirdmode.x86.memory.Frame;

/**
 * A hit in the software TLB in its parts, for code that is made of the guest's: it asks first and accesses then, and leaves to
 * {@link Mmu} whatever is no hit.
 */
public final class TlbHit {
    private TlbHit() {}

    /** The one entry of a view that can hold the page of {@code linear}. */
    public static TlbEntry entry(TlbEntry[] view, long linear) {
        return view[SoftTlb.slot(linear)];
    }

    /** Whether {@code size} bytes at {@code linear} may be read through the entry. */
    public static boolean reads(TlbEntry entry, long linear, int size) {
        return entry.readTag == ((linear + size - 1) & SoftTlb.PAGE_MASK);
    }

    /** Whether {@code size} bytes at {@code linear} may be read and written through the entry. */
    public static boolean writes(TlbEntry entry, long linear, int size) {
        return entry.writeTag == ((linear + size - 1) & SoftTlb.PAGE_MASK);
    }

    public static long load8(TlbEntry entry, long linear) {
        return entry.bytes[offset(linear)] & 0xffL;
    }

    public static long load16(TlbEntry entry, long linear) {
        return (short) Frame.SHORT.get(entry.bytes, offset(linear)) & 0xffffL;
    }

    public static long load32(TlbEntry entry, long linear) {
        return (int) Frame.INT.get(entry.bytes, offset(linear)) & 0xffff_ffffL;
    }

    public static long load64(TlbEntry entry, long linear) {
        return (long) Frame.LONG.get(entry.bytes, offset(linear));
    }

    public static void store8(TlbEntry entry, long linear, long value) {
        entry.bytes[offset(linear)] = (byte) value;
    }

    public static void store16(TlbEntry entry, long linear, long value) {
        Frame.SHORT.set(entry.bytes, offset(linear), (short) value);
    }

    public static void store32(TlbEntry entry, long linear, long value) {
        Frame.INT.set(entry.bytes, offset(linear), (int) value);
    }

    public static void store64(TlbEntry entry, long linear, long value) {
        Frame.LONG.set(entry.bytes, offset(linear), value);
    }

    private static int offset(long linear) {
        return (int) linear & (Frame.SIZE - 1);
    }
}
