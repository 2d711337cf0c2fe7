package org.thirdmode.pc.memory;

import java.util.ArrayList;
import java.util.List;
import org.thirdmode.x86.memory.PhysicalMemory;

/**
 * Where the RAM of a PC lies: 640 KBytes from address 0, a hole for video memory and ROM up to 1 MByte, RAM again up to at
 * most 3.5 GBytes, devices up to 4 GBytes, the rest of the RAM from there.
 *
 * <p>Source: 82441FX (440FX) datasheet "System Address Map"; the reserved ranges as the interface "INT 15H, E820H - Query
 * System Address Map" of the ACPI specification reports them.
 *
 * @param size bytes of RAM installed: at least 1 MByte, a multiple of 1 MByte; the hole below 1 MByte is not given back
 */
public record MemoryLayout(long size) {
    /** The end of conventional memory. */
    public static final long LOW_END = 0xa_0000;

    /** The extended BIOS data area: the last KByte of conventional memory. */
    public static final long EBDA = 0x9_fc00;

    /** Where the ROM of the system firmware begins. */
    public static final long FIRMWARE = 0xf_0000;

    /** Where RAM begins again. */
    public static final long HIGH = 0x10_0000;

    /** The last possible end of the RAM below 4 GBytes. */
    public static final long DEVICES = 0xe000_0000L;

    /** Where the rest of the RAM begins. */
    public static final long ABOVE_4G = 1L << 32;

    /** The most RAM that fits the widest physical address. */
    private static final long MAXIMUM = 1L << 51;

    /** Checks the size. */
    public MemoryLayout {
        if (size < HIGH || size % HIGH != 0 || size > MAXIMUM) {
            throw new IllegalArgumentException(
                    "memory size " + size + ": expected a multiple of 1 MiB from 1 MiB to " + MAXIMUM);
        }
    }

    /** The end of the RAM below 4 GBytes. */
    public long highEnd() {
        return Math.min(size, DEVICES);
    }

    /** The end of all RAM. */
    public long top() {
        return size <= DEVICES ? size : ABOVE_4G + (size - DEVICES);
    }

    /** Whether all of [address, address + length) is RAM. */
    public boolean isRam(long address, long length) {
        if (address < 0 || length < 0 || address + length < address) {
            return false;
        }
        long end = address + length;
        return end <= LOW_END || (address >= HIGH && end <= highEnd()) || (address >= ABOVE_4G && end <= top());
    }

    /** Puts the RAM into {@code memory}. */
    public void map(PhysicalMemory memory) {
        memory.mapRam(0, LOW_END);
        if (highEnd() > HIGH) {
            memory.mapRam(HIGH, highEnd() - HIGH);
        }
        if (top() > ABOVE_4G) {
            memory.mapRam(ABOVE_4G, top() - ABOVE_4G);
        }
    }

    /**
     * One line of the address map handed to a guest.
     *
     * @param usable whether it is memory that the guest may use (type 1) or reserved (type 2)
     */
    public record Range(long base, long length, boolean usable) {}

    /** The address map, by address. */
    public List<Range> addressMap() {
        List<Range> map = new ArrayList<>();
        map.add(new Range(0, EBDA, true));
        map.add(new Range(EBDA, LOW_END - EBDA, false));
        map.add(new Range(FIRMWARE, HIGH - FIRMWARE, false));
        if (highEnd() > HIGH) {
            map.add(new Range(HIGH, highEnd() - HIGH, true));
        }
        map.add(new Range(0xfec0_0000L, 0x1000, false));
        map.add(new Range(0xfee0_0000L, 0x1000, false));
        map.add(new Range(0xfffc_0000L, 0x4_0000, false));
        if (top() > ABOVE_4G) {
            map.add(new Range(ABOVE_4G, top() - ABOVE_4G, true));
        }
        return map;
    }
}
