package org.thirdmode.pc.disk;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/** An image whose writes stay in memory and are thrown away at the end: QEMU's {@code snapshot=on}. Costs what is written. */
public final class MemoryOverlay implements BlockImage, Stateful {
    /** Sectors kept together. */
    private static final int GROUP = 8;

    private static final int GROUP_BYTES = GROUP * SECTOR;

    private final BlockImage below;
    private final Map<Long, byte[]> written = new HashMap<>();

    /** An overlay of {@code below}, which it closes. */
    public MemoryOverlay(BlockImage below) {
        this.below = below;
    }

    /** What the overlay hides. */
    public BlockImage below() {
        return below;
    }

    /** What was written: it is in no other file. */
    @Override
    public void state(StatePort port) {
        List<Long> groups = written.keySet().stream().sorted().toList();
        port.pages("written", GROUP_BYTES, groups, group -> {
            if (group < 0 || group > (sectors() - 1) / GROUP) {
                throw new StateException("sector " + group * GROUP + ": is none of the disk's " + sectors());
            }
            return written.computeIfAbsent(group, _ -> new byte[GROUP_BYTES]);
        });
    }

    @Override
    public String name() {
        return below.name();
    }

    @Override
    public DiskFormat format() {
        return below.format();
    }

    @Override
    public long sectors() {
        return below.sectors();
    }

    @Override
    public boolean readOnly() {
        return false;
    }

    @Override
    public void read(long sector, int count, byte[] to, int at) throws IOException {
        BlockImage.check(this, sector, count);
        below.read(sector, count, to, at);
        for (int i = 0; i < count; i++) {
            byte[] group = written.get((sector + i) / GROUP);
            if (group != null) {
                System.arraycopy(group, offset(sector + i), to, at + i * SECTOR, SECTOR);
            }
        }
    }

    @Override
    public void write(long sector, int count, byte[] from, int at) throws IOException {
        BlockImage.check(this, sector, count);
        for (int i = 0; i < count; i++) {
            byte[] group = group((sector + i) / GROUP);
            System.arraycopy(from, at + i * SECTOR, group, offset(sector + i), SECTOR);
        }
    }

    private byte[] group(long number) throws IOException {
        byte[] group = written.get(number);
        if (group == null) {
            group = new byte[GROUP_BYTES];
            long first = number * GROUP;
            below.read(first, (int) Math.min(GROUP, sectors() - first), group, 0);
            written.put(number, group);
        }
        return group;
    }

    private static int offset(long sector) {
        return (int) (sector % GROUP) * SECTOR;
    }

    @Override
    public void discard(long sector, long count) {
        BlockImage.check(this, sector, count);
    }

    @Override
    public void flush() {}

    @Override
    public void close() throws IOException {
        below.close();
    }
}
