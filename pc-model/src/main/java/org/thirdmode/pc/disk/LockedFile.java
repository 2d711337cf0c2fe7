package org.thirdmode.pc.disk;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * A file on the host's file system, locked against other writers: ours, and QEMU's.
 *
 * <p>QEMU locks byte 100 + n to say that it uses permission n of an image, and byte 200 + n to say that nobody else may; each is
 * a shared lock, and it looks whether another has them (QEMU's {@code block/file-posix.c}). A writer here locks the whole file
 * for itself; a reader says as QEMU does that it reads and that none may write.
 *
 * <p>Not a {@link FileChannel} for the transfers: an interrupt of the thread would close it.
 */
final class LockedFile implements HostFile {
    private static final int PERMISSION_READ = 100;
    private static final int PERMISSION_WRITE = 101;
    private static final int DENIED_WRITE = 201;

    /** Bytes that QEMU has no meaning for. */
    private static final int READERS = 1000;

    private static final int MOST_READERS = 1000;

    private final Path path;
    private final RandomAccessFile file;
    private final boolean writable;

    private LockedFile(Path path, RandomAccessFile file, boolean writable) {
        this.path = path;
        this.file = file;
        this.writable = writable;
    }

    /**
     * Opens a file that exists.
     *
     * @throws DiskException where it is none, or another process has it
     */
    static LockedFile open(Path path, boolean writable) throws IOException {
        if (!Files.exists(path)) {
            throw new DiskException(path.toString(), "there is no such file");
        }
        if (!Files.isRegularFile(path)) {
            throw new DiskException(path.toString(), "is no regular file; expected a disk image");
        }
        if (writable && !Files.isWritable(path)) {
            throw new DiskException(
                    path.toString(), "may not be written; allow it, or add ,snapshot to throw the guest's writes away");
        }
        // A reader too wants to find out whether somebody writes, and only a writer can look for another's lock.
        boolean toWrite = writable || Files.isWritable(path);
        RandomAccessFile file;
        try {
            file = new RandomAccessFile(path.toFile(), toWrite ? "rw" : "r");
        } catch (IOException e) {
            throw new DiskException(path.toString(), "cannot be opened", e);
        }
        if (!locked(file.getChannel(), writable, toWrite)) {
            file.close();
            throw new DiskException(
                    path.toString(),
                    "is in use by another program or machine; end that one first, or give each a disk of its own");
        }
        return new LockedFile(path, file, writable);
    }

    private static boolean locked(FileChannel channel, boolean writable, boolean mayLook) throws IOException {
        try {
            if (writable) {
                return channel.tryLock(0, Long.MAX_VALUE, false) != null;
            }
            if (mayLook) {
                FileLock look = channel.tryLock(PERMISSION_WRITE, 1, false);
                if (look == null) {
                    return false;
                }
                look.release();
            }
            return lockedToRead(channel);
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /**
     * Two readers in one Java virtual machine share what the first of them has locked: it refuses a second lock of the same byte.
     * Each has a byte of its own besides, so that a writer in this virtual machine, which locks all of them, finds it.
     */
    private static boolean lockedToRead(FileChannel channel) throws IOException {
        try {
            if (channel.tryLock(PERMISSION_READ, 1, true) == null || channel.tryLock(DENIED_WRITE, 1, true) == null) {
                return false;
            }
        } catch (OverlappingFileLockException e) {
            // another of our readers, or a writer: the byte tells
        }
        for (int reader = 0; reader < MOST_READERS; reader++) {
            try {
                return channel.tryLock(READERS + reader, 1, true) != null;
            } catch (OverlappingFileLockException e) {
                // that reader's
            }
        }
        return false;
    }

    @Override
    public String name() {
        return path.toString();
    }

    @Override
    public boolean writable() {
        return writable;
    }

    @Override
    public long size() throws IOException {
        return file.length();
    }

    @Override
    public void read(long position, byte[] to, int at, int count) throws IOException {
        file.seek(position);
        int done = 0;
        while (done < count) {
            int read = file.read(to, at + done, count - done);
            if (read < 0) {
                Arrays.fill(to, at + done, at + count, (byte) 0);
                return;
            }
            done += read;
        }
    }

    @Override
    public void write(long position, byte[] from, int at, int count) throws IOException {
        if (!writable) {
            throw new DiskException(name(), "is open to be read alone");
        }
        file.seek(position);
        file.write(from, at, count);
    }

    @Override
    public void flush() throws IOException {
        if (writable) {
            file.getFD().sync();
        }
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
