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
    private final PhysicalMemory memory;
    private long address = -1L;
    private Frame frame;

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

    @Override
    public long get(VmcbField field) {
        return get(field.offset, field.bytes);
    }

    private long get(int offset, int bytes) {
        return frame != null ? frame.get(offset, bytes) : memory.read(address + offset, bytes);
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
        switch (bytes) {
            case 1 -> at.bytes[offset] = (byte) value;
            case 2 -> Frame.SHORT.set(at.bytes, offset, (short) value);
            case 4 -> Frame.INT.set(at.bytes, offset, (int) value);
            default -> Frame.LONG.set(at.bytes, offset, value);
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
