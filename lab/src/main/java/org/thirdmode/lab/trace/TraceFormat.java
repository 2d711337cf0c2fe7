package org.thirdmode.lab.trace;

import java.io.IOException;
import java.io.OutputStream;

/** How a trace is written. */
public enum TraceFormat {
    /** A line an event. */
    TEXT,
    /** A JSON object a line. */
    JSON,
    /** The trace-event format that the Perfetto viewer and Chrome open. */
    PERFETTO;

    /** A trace in this format. */
    public TraceWriter to(OutputStream out) throws IOException {
        return switch (this) {
            case TEXT -> new TextTrace(out);
            case JSON -> new JsonTrace(out);
            case PERFETTO -> new PerfettoTrace(out);
        };
    }
}
