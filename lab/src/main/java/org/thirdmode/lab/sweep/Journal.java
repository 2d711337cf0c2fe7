package org.thirdmode.lab.sweep;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.thirdmode.cost.CountsFile;
import org.thirdmode.cost.data.DataException;

/**
 * Finished runs on disk, a line of JSON each. A line is on the medium before the next run is counted as finished, so a process
 * that is killed, and a disk that is full, lose none; a line that was not written whole is dropped.
 */
public final class Journal implements AutoCloseable {
    private static final String FORMAT = "thirdmode runs";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final FileChannel channel;
    private final Map<RunSpec, RunResult> runs;

    /** The first line: what the counts were counted by. */
    private record Header(String format, int version, String build) {}

    private record Line(RunSpec run, long budget, RunResult result) {}

    private Journal(Path file, FileChannel channel, Map<RunSpec, RunResult> runs) {
        this.file = file;
        this.channel = channel;
        this.runs = runs;
    }

    /**
     * Opens a journal; makes it where there is none.
     *
     * @param build of the model: another one may count otherwise
     * @param budget runs with another budget are not this study's
     * @throws DataException where the file is none, or of another version or build; in one line
     * @throws IOException where it cannot be read or written
     */
    public static Journal open(Path file, String build, long budget) throws DataException, IOException {
        Map<RunSpec, RunResult> runs = new LinkedHashMap<>();
        FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            List<String> lines = wholeLines(file, channel);
            if (lines.isEmpty()) {
                Journal journal = new Journal(file, channel, runs);
                journal.append(new Header(FORMAT, CountsFile.VERSION, build));
                return journal;
            }
            check(file, lines.getFirst(), build);
            for (int n = 1; n < lines.size(); n++) {
                try {
                    Line line = JSON.readValue(lines.get(n), Line.class);
                    if (line.budget == budget) {
                        runs.put(line.run, line.result);
                    }
                } catch (JsonProcessingException e) {
                    throw new DataException(file + ":" + (n + 1) + ":1: is no finished run; remove the line");
                }
            }
            return new Journal(file, channel, runs);
        } catch (DataException | IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /** What ends in a line feed; the channel is then behind it, and what came after is cut off. */
    private static List<String> wholeLines(Path file, FileChannel channel) throws IOException {
        List<String> lines = new ArrayList<>();
        byte[] bytes = Files.readAllBytes(file);
        int begin = 0;
        for (int n = 0; n < bytes.length; n++) {
            if (bytes[n] == '\n') {
                lines.add(new String(bytes, begin, n - begin, StandardCharsets.UTF_8));
                begin = n + 1;
            }
        }
        if (!lines.isEmpty()) {
            channel.truncate(begin);
        }
        channel.position(begin);
        return lines;
    }

    private static void check(Path file, String line, String build) throws DataException {
        Header header;
        try {
            header = JSON.readValue(line, Header.class);
        } catch (JsonProcessingException e) {
            header = new Header("", 0, "");
        }
        if (!FORMAT.equals(header.format)) {
            throw new DataException(file + ":1:1: is no file of finished runs (\"format\": \"" + FORMAT + "\")");
        }
        if (header.version != CountsFile.VERSION) {
            throw new DataException(file + ":1:1: is of version " + header.version + ", this program reads version "
                    + CountsFile.VERSION + "; --fresh begins anew");
        }
        if (!build.equals(header.build)) {
            throw new DataException(file + ":1:1: was written by another build of the model; --fresh begins anew");
        }
    }

    /** The run, where it is finished. */
    public Optional<RunResult> find(RunSpec run) {
        return Optional.ofNullable(runs.get(run));
    }

    /**
     * Keeps a finished run.
     *
     * @throws IOException where it is not on the medium; what was there before is
     */
    void add(RunSpec run, long budget, RunResult result) throws IOException {
        append(new Line(run, budget, result));
        runs.put(run, result);
    }

    private void append(Object line) throws IOException {
        long end = channel.position();
        ByteBuffer bytes = ByteBuffer.wrap((JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(false);
        } catch (ClosedByInterruptException e) {
            // What of the line is there is dropped by who opens the file next.
            throw e;
        } catch (IOException e) {
            channel.truncate(end);
            throw new IOException(file + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
