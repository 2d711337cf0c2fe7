package org.thirdmode.pc.device;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * QEMU's firmware configuration device: a selector at port 510H, the selected item byte by byte at 511H. An item that does not
 * exist, or its end, reads as zeroes.
 *
 * <p>Source: QEMU documentation "QEMU Firmware Configuration (fw_cfg) Device". Left out: the DMA interface, and writing.
 */
public final class FwCfg implements PortDevice, Stateful {
    /** Keys of the fixed items. */
    public static final int SIGNATURE = 0x00;

    public static final int ID = 0x01;
    public static final int RAM_SIZE = 0x03;
    public static final int NO_GRAPHICS = 0x04;
    public static final int CPU_COUNT = 0x05;
    public static final int NUMA = 0x0d;
    public static final int BOOT_MENU = 0x0e;
    public static final int MAX_CPUS = 0x0f;
    public static final int FILE_DIRECTORY = 0x19;

    private static final int FIRST_FILE = 0x20;
    private static final int DIRECTORY_ENTRY = 64;
    private static final int NAME_SIZE = 56;

    private final Map<Integer, byte[]> items = new HashMap<>();
    private final Map<String, Integer> files = new LinkedHashMap<>();
    private int selectedKey = -1;
    private byte[] selected = new byte[0];
    private int position;

    /** A device that says of a machine how much RAM and how many processors it has. */
    public FwCfg(long ramSize, int cpus) {
        add(SIGNATURE, "QEMU".getBytes(StandardCharsets.US_ASCII));
        add(ID, number(1, 4)); // the traditional interface alone
        add(RAM_SIZE, number(ramSize, 8));
        add(NO_GRAPHICS, number(0, 2));
        add(CPU_COUNT, number(cpus, 2));
        add(MAX_CPUS, number(cpus, 2));
        add(NUMA, number(0, 8 * (1 + cpus)));
        add(BOOT_MENU, number(0, 2));
        writeDirectory();
    }

    /** A number as an item: little-endian, {@code size} bytes. */
    public static byte[] number(long value, int size) {
        byte[] bytes = new byte[size];
        for (int i = 0; i < Math.min(size, 8); i++) {
            bytes[i] = (byte) (value >>> (i * 8));
        }
        return bytes;
    }

    /** Adds or replaces an item. */
    public void add(int key, byte[] content) {
        items.put(key, content);
    }

    /** Adds a named file. */
    public void addFile(String name, byte[] content) {
        int key = FIRST_FILE + files.size();
        files.put(name, key);
        add(key, content);
        writeDirectory();
    }

    private void writeDirectory() {
        ByteBuffer directory =
                ByteBuffer.allocate(4 + files.size() * DIRECTORY_ENTRY).order(ByteOrder.BIG_ENDIAN);
        directory.putInt(files.size());
        files.forEach((name, key) -> {
            directory.putInt(items.get(key).length);
            directory.putShort((short) (int) key);
            directory.putShort((short) 0);
            byte[] padded = new byte[NAME_SIZE];
            byte[] text = name.getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(text, 0, padded, 0, Math.min(text.length, NAME_SIZE - 1));
            directory.put(padded);
        });
        add(FILE_DIRECTORY, directory.array());
    }

    /** Puts the device at its ports. */
    public void attach(IoPorts ports) {
        ports.register("fw_cfg", 0x510, 2, 2, this);
    }

    @Override
    public int read(int offset, int size) {
        if (offset == 0) {
            // The selector is write-only; a word read takes the data register with it and still yields nothing.
            return 0;
        }
        return position < selected.length ? selected[position++] & 0xff : 0;
    }

    @Override
    public void write(int offset, int size, int value) {
        if (offset == 0 && size == 2) {
            selectedKey = value;
            selected = items.getOrDefault(value, new byte[0]);
            position = 0;
        }
    }

    @Override
    public void state(StatePort port) {
        selectedKey = port.number("selected", selectedKey);
        selected = items.getOrDefault(selectedKey, new byte[0]);
        position = port.within("position", position, 0, selected.length);
    }
}
