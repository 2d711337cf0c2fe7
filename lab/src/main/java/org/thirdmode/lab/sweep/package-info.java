/**
 * Studies: one question asked at many points. A {@link org.thirdmode.lab.sweep.Study} names parameters and their values, as a
 * grid or as a random sample; {@link org.thirdmode.lab.sweep.Parameters} is the table of all that can be varied.
 *
 * <p>Only what changes a run is run: {@link org.thirdmode.lab.sweep.Plan} finds the different {@link
 * org.thirdmode.lab.sweep.RunSpec runs} among the points, {@link org.thirdmode.lab.sweep.Execution} executes them on all cores,
 * and {@link org.thirdmode.lab.sweep.Results} prices every point from the counts of its run. Runs that are finished are in the
 * {@link org.thirdmode.lab.sweep.Journal}, whatever becomes of the process.
 *
 * <p>Read {@code Parameters} first, then {@code Plan}, then {@code Results}.
 *
 * <p>Runs that differ in TLBs and walk caches alone are executed once: a {@link org.thirdmode.lab.sweep.Recording} of that run
 * tells what the others would have counted, or that it cannot.
 *
 * <p>Left out: caches ({@code caches}) from a recorded trace, which knows pages and not lines; their points are executed.
 */
package org.thirdmode.lab.sweep;
