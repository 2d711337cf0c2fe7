/**
 * How an address is translated at a moment of a run, entry by entry: {@link org.thirdmode.lab.walk.WalkExplainer}. It walks
 * by the {@code spec} walkers, which set flags in memory as the processor would: what is explained is what the next access
 * does.
 */
package org.thirdmode.lab.walk;
