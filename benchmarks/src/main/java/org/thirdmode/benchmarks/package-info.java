/**
 * How fast the bare machine is. {@link org.thirdmode.benchmarks.BareMachine} are plain JMH benchmarks over the bundled
 * benchmark images; {@link org.thirdmode.benchmarks.Peers} runs the same images under QEMU; {@link
 * org.thirdmode.benchmarks.CompareWithPeers} runs both and prints one table of ratios, because ratios travel from one
 * machine to another and absolute speeds do not.
 */
package org.thirdmode.benchmarks;
