package org.thirdmode.pc.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/**
 * What a disk holds, in 32 bytes: SHA-256 of its number of sectors, then of each 64 KBytes that are not all zeros and the
 * sector where they begin. The same for the same sectors, in whatever file and format they are.
 */
public final class DiskDigest {
    private static final int GROUP = 128;

    private DiskDigest() {}

    /** The digest of all sectors. */
    public static byte[] of(BlockImage image) throws IOException {
        MessageDigest digest = sha256();
        digest.update(number(image.sectors()));
        byte[] group = new byte[GROUP * BlockImage.SECTOR];
        long sector = 0;
        while (sector < image.sectors()) {
            long blank = image.blank(sector) & -GROUP;
            if (blank > 0) {
                sector += blank;
                continue;
            }
            int count = (int) Math.min(GROUP, image.sectors() - sector);
            image.read(sector, count, group, 0);
            if (!zeros(group, count * BlockImage.SECTOR)) {
                digest.update(number(sector));
                digest.update(group, 0, count * BlockImage.SECTOR);
            }
            sector += count;
        }
        return digest.digest();
    }

    private static boolean zeros(byte[] bytes, int count) {
        for (int i = 0; i < count; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private static byte[] number(long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
