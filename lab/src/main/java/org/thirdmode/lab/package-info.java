/**
 * Experiments as a library: run a guest on a machine and count ({@link org.thirdmode.lab.Experiment}), hold the runs of one
 * guest on several machines side by side ({@link org.thirdmode.lab.Comparison}).
 *
 * <p>A {@link org.thirdmode.lab.Setup} says all that a run depends on, so the same setup gives the same
 * {@link org.thirdmode.lab.Measurement}, to the last count.
 */
package org.thirdmode.lab;
