/**
 * I1 to I15, a class each, over the state of an MMU between two operations: {@link
 * org.thirdmode.testkit.invariant.AllInvariants} lists them.
 */
package org.thirdmode.testkit.invariant;
