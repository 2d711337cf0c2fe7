package org.thirdmode.svm.vmcb;

import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * One VMCB in host-physical memory. It holds no copy: what it reads are the bits that are there now.
 *
 * <p>One object is bound to one VMCB after the other. Where no memory is at the address, it reads all ones and writes are
 * lost, as any access of a processor does.
 */
public final class Vmcb implements VmcbValues {
    /** What is read where nothing answers. */
    private static final byte[] NO_MEMORY = ones();

    private final PhysicalMemory memory;

    /** Where writes go that no memory takes; null where none was needed yet. */
    private byte[] lost;

    private long address = -1L;
    private Frame frame;

    private static byte[] ones() {
        byte[] ones = new byte[VmcbField.VMCB_SIZE];
        java.util.Arrays.fill(ones, (byte) -1);
        return ones;
    }

    public Vmcb(PhysicalMemory memory) {
        this.memory = memory;
    }

    /** Binds it to the VMCB at a physical address, which is page-aligned. */
    public Vmcb at(long physical) {
        address = physical;
        frame = memory.frame(physical);
        return this;
    }

    /** The physical address it is bound to. */
    public long address() {
        return address;
    }

    /**
     * The bytes of the VMCB, for who reads many fields at once, by {@link VmcbField#offset} and {@link #at(byte[], int)}: all
     * ones where there is no memory.
     */
    public byte[] image() {
        return frame == null ? NO_MEMORY : frame.bytes;
    }

    /** The same for who writes many; {@link #written} must follow. Where no memory takes writes they go nowhere. */
    public byte[] imageToWrite() {
        if (frame != null && !frame.readOnly) {
            return frame.bytes;
        }
        if (lost == null) {
            lost = new byte[VmcbField.VMCB_SIZE];
        }
        return lost;
    }

    /** What was decoded of the page is no more good. */
    public void written() {
        if (frame != null && frame.code != null) {
            frame.code.bytesWritten(0, VmcbField.VMCB_SIZE);
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

    @Override
    public long get(VmcbField field) {
        return at(image(), field.offset) & field.mask();
    }

    public void set(VmcbField field, long value) {
        set(field.offset, field.bytes, value);
    }

    private void set(int offset, int bytes, long value) {
        Frame at = frame;
        if (at == null || at.readOnly || at.code != null) {
            memory.write(address + offset, bytes, value);
            return;
        }
        if (bytes == Long.BYTES) {
            Frame.LONG.set(at.bytes, offset, value);
            return;
        }
        switch (bytes) {
            case 1 -> at.bytes[offset] = (byte) value;
            case 2 -> Frame.SHORT.set(at.bytes, offset, (short) value);
            default -> Frame.INT.set(at.bytes, offset, (int) value);
        }
    }

    /** No instruction bytes: the number and the bytes become zero. */
    public void clearInstructionBytes() {
        int offset = VmcbField.BYTES_FETCHED.offset;
        set(offset, 8, 0);
        set(offset + 8, 8, 0);
    }

    /** Stores the guest's instruction bytes, the rest of the field zero. */
    public void setInstructionBytes(byte[] bytes, int count) {
        set(VmcbField.BYTES_FETCHED, count);
        int offset = VmcbField.GUEST_INSTRUCTION_BYTES.offset;
        for (int n = 0; n < VmcbField.GUEST_INSTRUCTION_BYTES.bytes; n++) {
            set(offset + n, 1, n < count ? bytes[n] : 0);
        }
    }
}
