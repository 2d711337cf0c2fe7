package org.thirdmode.vmx.vmcs;

import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * A VMCS as what it is: 4 KBytes of host-physical memory. One object can look at one region after the other.
 *
 * <pre>
 *  0  revision identifier (30:0), shadow-VMCS indicator (31)
 *  4  VMX-abort indicator
 *  8  launch state: 0 clear, 1 launched
 * 16  the fields, eight bytes each: {@link VmcsLayout}
 * </pre>
 *
 * The first two are the manual's (SDM 3C "Format of the VMCS Region"), the rest it leaves to the processor. Software that
 * writes the region by ordinary stores gets what it wrote: a field never yields more bits than it has.
 *
 * <p>Where no memory answers at the region, fields read as ones and writes are lost, as on a bus.
 */
public final class Vmcs {
    /** Bytes of a VMCS region that software must set aside, and its alignment. */
    public static final int SIZE = Frame.SIZE;

    /** VMCS revision identifier of this model's format: IA32_VMX_BASIC[30:0]. */
    public static final int REVISION = 0x0003_0d02;

    /** Bit 31 of the first four bytes. */
    public static final int SHADOW_INDICATOR = 1 << 31;

    /** A pointer to no VMCS: what VMPTRST stores while there is no current one. */
    public static final long NO_VMCS = -1L;

    static final int FIELDS_OFFSET = 16;
    private static final int ABORT_OFFSET = 4;
    private static final int LAUNCH_STATE_OFFSET = 8;
    private static final int LAUNCHED = 1;

    /** What is read where nothing answers. */
    private static final byte[] NO_MEMORY = ones();

    private final PhysicalMemory memory;

    /** Where writes go that no memory takes; null where none was needed yet. */
    private byte[] lost;

    private long address = NO_VMCS;
    private Frame frame;

    private static byte[] ones() {
        byte[] ones = new byte[SIZE];
        java.util.Arrays.fill(ones, (byte) -1);
        return ones;
    }

    /** Looks at no region yet. */
    public Vmcs(PhysicalMemory memory) {
        this.memory = memory;
    }

    /**
     * Looks at the region at a physical address, 4-KByte aligned, or at {@link #NO_VMCS}. To be called again when the map
     * of memory has changed.
     *
     * @return this
     */
    public Vmcs region(long address) {
        this.address = address;
        frame = address == NO_VMCS ? null : memory.frame(address);
        return this;
    }

    /** The address of the region; {@link #NO_VMCS} for none. */
    public long address() {
        return address;
    }

    /** The bytes of the region, to be read by {@link VmcsField#offset}; null where no memory answers. */
    public byte[] bytes() {
        return frame == null ? null : frame.bytes;
    }

    /**
     * The bytes of the region, for who reads many fields at once, by {@link VmcsField#offset} and {@link #at}: all ones where
     * no memory answers. Eight bytes a field; bits that it does not have are to be masked out.
     */
    public byte[] image() {
        return frame == null ? NO_MEMORY : frame.bytes;
    }

    /**
     * The same for who writes many: bits that a field does not have are to be 0. {@link #written} must follow. Where the
     * region takes no writes they go nowhere.
     */
    public byte[] imageToWrite() {
        if (frame != null && !frame.readOnly) {
            return frame.bytes;
        }
        if (lost == null) {
            lost = new byte[SIZE];
        }
        return lost;
    }

    /** What was decoded of the region is no more good. */
    public void written() {
        if (frame != null && frame.code != null) {
            frame.code.bytesWritten(FIELDS_OFFSET, SIZE);
        }
    }

    /** Eight bytes of an {@link #image}. */
    public static long at(byte[] image, int offset) {
        return (long) Frame.LONG.get(image, offset);
    }

    /** Sets eight bytes of an {@link #imageToWrite}. */
    public static void set(byte[] image, int offset, long value) {
        Frame.LONG.set(image, offset, value);
    }

    /** The value of a field, zero-extended. */
    public long read(VmcsField field) {
        Frame at = frame;
        return at == null ? field.mask : (long) Frame.LONG.get(at.bytes, field.offset) & field.mask;
    }

    /** Stores the bits of {@code value} that the field has. */
    public void write(VmcsField field, long value) {
        Frame at = frame;
        if (at != null && !at.readOnly) {
            Frame.LONG.set(at.bytes, field.offset, value & field.mask);
            if (at.code != null) {
                at.code.bytesWritten(field.offset, field.offset + Long.BYTES);
            }
        }
    }

    /** Reads by an encoding that may ask for the upper half of a 64-bit field; {@code field} is the one it names. */
    public long read(VmcsField field, long encoding) {
        long value = read(field);
        return VmcsField.isHighAccess(encoding) ? value >>> 32 : value;
    }

    /** Writes by an encoding; a high access changes only the upper half. */
    public void write(VmcsField field, long encoding, long value) {
        write(field, VmcsField.isHighAccess(encoding) ? (read(field) & 0xffff_ffffL) | (value << 32) : value);
    }

    /** The first four bytes: revision identifier and shadow-VMCS indicator. */
    public int header() {
        return (int) word(0);
    }

    /** The VMCS revision identifier, without the shadow-VMCS indicator. */
    public int revision() {
        return header() & ~SHADOW_INDICATOR;
    }

    public boolean isShadow() {
        return header() < 0;
    }

    public void header(int value) {
        word(0, value);
    }

    /** The VMX-abort indicator. SDM 3C "VMX Aborts". */
    public int abortIndicator() {
        return (int) word(ABORT_OFFSET);
    }

    public void abortIndicator(int value) {
        word(ABORT_OFFSET, value);
    }

    /** The launch state: true for "launched". Whatever else the region holds there counts as "clear". */
    public boolean isLaunched() {
        return (int) word(LAUNCH_STATE_OFFSET) == LAUNCHED;
    }

    public void launched(boolean launched) {
        word(LAUNCH_STATE_OFFSET, launched ? LAUNCHED : 0);
    }

    private long word(int offset) {
        return frame == null ? 0xffff_ffffL : frame.get(offset, Integer.BYTES);
    }

    private void word(int offset, int value) {
        if (frame != null) {
            memory.write(address + offset, Integer.BYTES, value);
        }
    }
}
