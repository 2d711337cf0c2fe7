package org.thirdmode.x86.paging.spec;

import org.thirdmode.x86.memory.PhysicalMemory;

/** Where a walk finds the entries of its structures: physical memory, or what a second dimension makes of it. */
public interface TableMemory {
    /** Reads an entry of {@code size} bytes of a structure of {@code level}. */
    long read(int level, long address, int size);

    /** Writes an entry back that was read last, with flags set in it. */
    void update(int level, long address, int size, long entry);

    /** Physical memory itself. */
    static TableMemory of(PhysicalMemory memory) {
        return new TableMemory() {
            @Override
            public long read(int level, long address, int size) {
                return memory.read(address, size);
            }

            @Override
            public void update(int level, long address, int size, long entry) {
                memory.write(address, size, entry);
            }
        };
    }
}
