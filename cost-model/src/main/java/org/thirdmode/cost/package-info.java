/**
 * Counts become cycles: {@code Counts x Profile = Cost}.
 *
 * <p>A run is counted first and priced afterwards, so one run has a price on every processor and nothing is run again.
 *
 * <ul>
 *   <li>{@link org.thirdmode.cost.Counts}: what a run did, a plain record of {@link org.thirdmode.cost.Quantity quantities} and
 *       of exits by reason. Whoever runs guests fills it; {@link org.thirdmode.cost.CountsFile} keeps it.
 *   <li>{@link org.thirdmode.cost.Profile}: what a processor and a hypervisor on it take, read from
 *       a data file. Each {@link org.thirdmode.cost.Figure} has a source and a {@link org.thirdmode.cost.Certainty}.
 *   <li>{@link org.thirdmode.cost.Cost}: the price, by {@link org.thirdmode.cost.Part} and by reason of exit. The parts are whole
 *       cycles and add up to the total exactly.
 *   <li>{@link org.thirdmode.cost.Pricer}: the same for a million sets of figures: the price of a run is a sum of figures, each
 *       as often as it was needed.
 * </ul>
 *
 * <p>Read {@code Quantity} first: its table says which count is multiplied by which figure and into which part it goes.
 *
 * <p>Left out: what overlaps. A processor with two page walkers, or one that goes on while a walk is under way, hides some of
 * what is added up here.
 */
package org.thirdmode.cost;
