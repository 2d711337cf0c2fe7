/**
 * The second dimension to be read: {@link org.thirdmode.npt.spec.EptWalk} and {@link org.thirdmode.npt.spec.NestedWalk} in
 * the manuals' words, {@link org.thirdmode.npt.spec.TwoDimensionalWalk} as the composition of one of them with {@code
 * x86.paging.spec.ReferenceWalker}. Used by tests, explanations and invariants; a property ties them to what the
 * processor runs.
 */
package org.thirdmode.npt.spec;
