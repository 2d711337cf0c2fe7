/**
 * VMCSs and VMCBs at random, valid and invalid in exactly one check, and I13: {@link
 * org.thirdmode.testkit.control.ControlStructures} has the arbitraries for jqwik, {@link
 * org.thirdmode.testkit.control.EntryChecksHeld} holds a processor's entry checks against them.
 */
package org.thirdmode.testkit.control;
