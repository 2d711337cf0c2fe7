/**
 * The bug museum: bugs that shipped, each put back into an MMU of the project by overriding one small method, so that the
 * properties can be seen to bite. {@link org.thirdmode.testkit.bug.Bug} lists those that can be switched on, {@link
 * org.thirdmode.testkit.bug.Museum} has the table of all, {@link org.thirdmode.testkit.bug.Hunt} looks for one.
 */
package org.thirdmode.testkit.bug;
