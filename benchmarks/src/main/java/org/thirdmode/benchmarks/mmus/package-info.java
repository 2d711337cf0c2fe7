/**
 * Shadow paging against nested paging, by JMH: {@link org.thirdmode.benchmarks.mmus.MmuRun}. The host's time is the primary
 * result; what the model counts, and the cycles that a profile makes of it, are secondary ones, and the same in every run.
 *
 * <p>{@link org.thirdmode.benchmarks.mmus.BenchmarkSet} names what is run together, {@link
 * org.thirdmode.benchmarks.mmus.ResultTable} and {@link org.thirdmode.benchmarks.mmus.ResultChart} show it, and {@link
 * org.thirdmode.benchmarks.mmus.ResultComparison} tells what two result files differ in beyond noise.
 */
package org.thirdmode.benchmarks.mmus;
