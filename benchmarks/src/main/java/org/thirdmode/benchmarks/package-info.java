/**
 * How fast the bare machine is. {@link org.thirdmode.benchmarks.BareMachine} are plain JMH benchmarks over the bundled
 * benchmark images; {@link org.thirdmode.benchmarks.Qemu} and {@link org.thirdmode.benchmarks.Bochs} run the same images
 * on those peers; {@link org.thirdmode.benchmarks.CompareWithPeers} runs all and prints one table of ratios, because
 * ratios travel from one machine to another and absolute speeds do not. {@link org.thirdmode.benchmarks.Growth} prints how time
 * and memory grow with the memory and the processes of a guest.
 */
package org.thirdmode.benchmarks;
