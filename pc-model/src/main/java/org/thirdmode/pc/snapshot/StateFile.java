package org.thirdmode.pc.snapshot;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.dataformat.cbor.CBORFactory;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.function.Function;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.InflaterInputStream;
import org.thirdmode.x86.snapshot.StateException;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * A file that holds the state of a machine. The same state makes the same file, to the byte.
 *
 * <pre>
 *    0  "thirdmode state\n"
 *   16  version, 32 bits, big-endian
 *   20  bytes that follow the header, 64 bits
 *   28  SHA-256 of the 28 bytes above and of what follows the header
 *   60  CBOR (RFC 8949), compressed (RFC 1950)
 * </pre>
 */
public final class StateFile {
    private static final byte[] MAGIC = "thirdmode state\n".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 8;
    private static final int CHECKED = MAGIC.length + 4 + 8;
    private static final int HEADER = CHECKED + 32;

    private static final CBORFactory CBOR = CBORFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();

    private StateFile() {}

    /**
     * Writes {@code state} to {@code file}: all of it, or the file stays as it was.
     *
     * @throws StateException where the state cannot be written down
     */
    public static void write(Path file, Stateful state) throws IOException {
        Path target = file.toAbsolutePath();
        Path temporary = Files.createTempFile(target.getParent(), target.getFileName() + ".", ".part");
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.READ)) {
                channel.position(HEADER);
                writeBody(Channels.newOutputStream(channel), state);
                byte[] checked = checkedPart(channel.size() - HEADER);
                channel.position(HEADER);
                ByteBuffer header = ByteBuffer.allocate(HEADER).put(checked);
                header.put(digest(checked, Channels.newInputStream(channel))).flip();
                channel.position(0);
                while (header.hasRemaining()) {
                    channel.write(header);
                }
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            Files.deleteIfExists(temporary);
        }
    }

    private static void writeBody(OutputStream out, Stateful state) throws IOException {
        Deflater deflater = new Deflater(Deflater.BEST_SPEED);
        DeflaterOutputStream compressed = new DeflaterOutputStream(new BufferedOutputStream(out, 1 << 16), deflater);
        JsonGenerator generator = CBOR.createGenerator(compressed);
        generator.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
        generator.writeStartObject();
        state.state(new StateWriter(generator));
        generator.writeEndObject();
        generator.close();
        compressed.finish();
        compressed.flush();
        deflater.end();
    }

    private static byte[] checkedPart(long length) {
        return ByteBuffer.allocate(CHECKED)
                .put(MAGIC)
                .putInt(VERSION)
                .putLong(length)
                .array();
    }

    private static byte[] digest(byte[] first, InputStream rest) throws IOException {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            sha.update(first);
            byte[] buffer = new byte[1 << 16];
            for (int n = rest.read(buffer); n >= 0; n = rest.read(buffer)) {
                sha.update(buffer, 0, n);
            }
            return sha.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /**
     * Reads a file, and makes of it what {@code maker} makes. The whole file is checked before the first field is handed out.
     *
     * @throws StateException where the file is no state, of another version, cut short or damaged: in one line
     */
    public static <T> T read(Path file, Function<StatePort, T> maker) throws IOException {
        return read(file, maker, true);
    }

    /** As {@link #read}, of the first fields alone. */
    static <T> T peek(Path file, Function<StatePort, T> maker) throws IOException {
        return read(file, maker, false);
    }

    private static <T> T read(Path file, Function<StatePort, T> maker, boolean whole) throws IOException {
        check(file);
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            in.skipNBytes(HEADER);
            try (JsonParser parser = CBOR.createParser(new InflaterInputStream(in))) {
                if (parser.nextToken() != JsonToken.START_OBJECT) {
                    throw new StateException("an object was expected");
                }
                T made = maker.apply(new StateReader(parser));
                if (whole && parser.nextToken() != JsonToken.END_OBJECT) {
                    throw new StateException("there is more than was expected");
                }
                return made;
            }
        } catch (StateException e) {
            throw new StateException(file + ": cannot be restored: " + e.getMessage());
        } catch (UncheckedIOException e) {
            throw new StateException(file + ": holds no state that can be read: "
                    + e.getCause().getMessage().lines().findFirst().orElse(""));
        }
    }

    private static void check(Path file) throws IOException {
        byte[] header = new byte[HEADER];
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            int got = in.readNBytes(header, 0, HEADER);
            if (got == 0
                    || !Arrays.equals(header, 0, Math.min(got, MAGIC.length), MAGIC, 0, Math.min(got, MAGIC.length))) {
                throw new StateException(file + ": is no saved state of a machine");
            }
            if (got < HEADER) {
                throw cutShort(file, got, "more than " + HEADER);
            }
            ByteBuffer fields = ByteBuffer.wrap(header, MAGIC.length, HEADER - MAGIC.length);
            int version = fields.getInt();
            if (version != VERSION) {
                throw new StateException(
                        file + ": is a saved state of version " + version + "; this program reads version " + VERSION);
            }
            long length = fields.getLong();
            long size = Files.size(file);
            if (size - HEADER < length) {
                throw cutShort(file, size, String.valueOf(length + HEADER));
            }
            byte[] expected = Arrays.copyOfRange(header, CHECKED, HEADER);
            if (size - HEADER > length || !Arrays.equals(expected, digest(checkedPart(length), in))) {
                throw new StateException(file + ": is damaged: its content does not fit its checksum");
            }
        } catch (EOFException e) {
            throw new StateException(file + ": ends too early");
        }
    }

    private static StateException cutShort(Path file, long size, String expected) {
        return new StateException(file + ": is cut short: has " + size + " bytes of " + expected);
    }
}
