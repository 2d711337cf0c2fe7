package org.thirdmode.lab.trace;

import java.io.Closeable;
import java.io.IOException;

/** Where the events of a run go, in order. A trace that is cut short can still be read. */
public interface TraceWriter extends Closeable {
    /** One more event. */
    void write(TraceEvent event) throws IOException;
}
