/**
 * What happened in a run, event by event, to be read: by a person ({@link org.thirdmode.lab.trace.TextTrace}), by a program
 * ({@link org.thirdmode.lab.trace.JsonTrace}), on a time line ({@link org.thirdmode.lab.trace.PerfettoTrace}).
 */
package org.thirdmode.lab.trace;
