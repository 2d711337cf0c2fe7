package org.thirdmode.lab.sweep;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/** Runs and their results as text (JSON), for workers in other processes. */
public final class RunText {
    private static final ObjectMapper JSON = new ObjectMapper();

    private RunText() {}

    /** A run. */
    public static String of(RunSpec run) {
        return write(run);
    }

    /**
     * Executes a run that {@link #of} wrote.
     *
     * @return its result, for {@link #result}
     */
    public static String execute(String run, long budget) {
        return write(Execution.run(read(run, RunSpec.class), budget));
    }

    /** What {@link #execute} found. */
    public static RunResult result(String text) {
        return read(text, RunResult.class);
    }

    private static String write(Object value) {
        try {
            return JSON.writeValueAsString(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static <T> T read(String text, Class<T> type) {
        try {
            return JSON.readValue(text, type);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("no text of a run: " + e.getOriginalMessage(), e);
        }
    }
}
