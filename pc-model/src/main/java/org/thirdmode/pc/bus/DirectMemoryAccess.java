package org.thirdmode.pc.bus;

import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * What a device that is a bus master reads and writes: memory alone. A guest that sends it to the registers of another device,
 * or to where nothing is, has it told so.
 */
public final class DirectMemoryAccess {
    /** Hears what devices have written. */
    @FunctionalInterface
    public interface Listener {
        /** {@code count} bytes at {@code address}, within one frame, have been written. */
        void written(long address, int count);
    }

    private final PhysicalMemory memory;
    private Listener listener = (address, count) -> {};

    /** The accesses of the devices on the board that has {@code memory}. */
    public DirectMemoryAccess(PhysicalMemory memory) {
        this.memory = memory;
    }

    /** A virtual machine's hypervisor must hear of what was written behind its back. */
    public void onWrite(Listener who) {
        listener = who;
    }

    /** Reads {@code count} bytes; false, and no more is read, where one of them is not in memory. */
    public boolean read(long address, byte[] to, int at, int count) {
        for (int done = 0; done < count; ) {
            Frame frame = frame(address + done);
            if (frame == null) {
                return false;
            }
            int offset = (int) (address + done) & (Frame.SIZE - 1);
            int part = Math.min(count - done, Frame.SIZE - offset);
            System.arraycopy(frame.bytes, offset, to, at + done, part);
            done += part;
        }
        return true;
    }

    /** Writes {@code count} bytes; false, and no more is written, where one of them is not in RAM. */
    public boolean write(long address, byte[] from, int at, int count) {
        for (int done = 0; done < count; ) {
            Frame frame = frame(address + done);
            if (frame == null || frame.readOnly) {
                return false;
            }
            int offset = (int) (address + done) & (Frame.SIZE - 1);
            int part = Math.min(count - done, Frame.SIZE - offset);
            System.arraycopy(from, at + done, frame.bytes, offset, part);
            if (frame.code != null) {
                frame.code.bytesWritten(offset, offset + part);
            }
            listener.written(address + done, part);
            done += part;
        }
        return true;
    }

    private Frame frame(long address) {
        return address < 0 || address >>> memory.addressWidth() != 0 ? null : memory.frame(address);
    }
}
