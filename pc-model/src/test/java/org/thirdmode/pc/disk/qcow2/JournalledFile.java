package org.thirdmode.pc.disk.qcow2;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.IntPredicate;
import org.thirdmode.pc.disk.HostFile;

/** A file in memory that remembers each write and each flush, so that the file after any crash can be made from them. */
final class JournalledFile implements HostFile {
    /** A write, or, where there are no bytes, a flush. */
    record Event(long position, byte[] bytes) {
        boolean flush() {
            return bytes == null;
        }
    }

    final List<Event> events = new ArrayList<>();
    private final boolean writable;
    private byte[] content;
    private int size;

    JournalledFile() {
        this(new byte[0], true);
    }

    JournalledFile(byte[] content, boolean writable) {
        this.content = content.clone();
        size = content.length;
        this.writable = writable;
    }

    byte[] content() {
        return Arrays.copyOf(content, size);
    }

    /** The file as time passes: what is on the medium, and what was written since the last flush. */
    final class Replay {
        private final List<Event> waiting = new ArrayList<>();
        private byte[] medium;
        private int next;

        Replay(byte[] start) {
            medium = start.clone();
        }

        /** Goes on to the moment behind {@code count} events. */
        void to(int count) {
            for (; next < count; next++) {
                if (events.get(next).flush()) {
                    medium = with(event -> true);
                    waiting.clear();
                } else {
                    waiting.add(events.get(next));
                }
            }
        }

        /**
         * The file after a crash now: all that was flushed, and of the 512-byte pieces written since, each or not.
         *
         * @param random decides; null for all of them, as when the process is killed and the host lives on
         */
        byte[] crash(Random random) {
            return with(piece -> random == null || random.nextBoolean());
        }

        private byte[] with(IntPredicate reaches) {
            int size = medium.length;
            for (Event event : waiting) {
                size = Math.max(size, (int) event.position + event.bytes.length);
            }
            byte[] file = Arrays.copyOf(medium, size);
            for (Event event : waiting) {
                int end = (int) event.position + event.bytes.length;
                for (int at = (int) event.position; at < end; ) {
                    int piece = Math.min(end, (at / 512 + 1) * 512);
                    if (reaches.test(at)) {
                        System.arraycopy(event.bytes, at - (int) event.position, file, at, piece - at);
                    }
                    at = piece;
                }
            }
            return file;
        }
    }

    @Override
    public String name() {
        return "test.qcow2";
    }

    @Override
    public boolean writable() {
        return writable;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public void read(long position, byte[] to, int at, int count) {
        Arrays.fill(to, at, at + count, (byte) 0);
        if (position < size) {
            System.arraycopy(content, (int) position, to, at, (int) Math.min(count, size - position));
        }
    }

    @Override
    public void write(long position, byte[] from, int at, int count) {
        events.add(new Event(position, Arrays.copyOfRange(from, at, at + count)));
        size = Math.max(size, (int) position + count);
        if (size > content.length) {
            content = Arrays.copyOf(content, size * 2);
        }
        System.arraycopy(from, at, content, (int) position, count);
    }

    @Override
    public void flush() {
        events.add(new Event(0, null));
    }

    @Override
    public void close() {}
}
