/**
 * Random guests, and how they are made smaller. {@link org.thirdmode.testkit.generate.Guests} has the arbitraries for
 * jqwik; {@link org.thirdmode.testkit.generate.ScenarioGenerator} works without.
 */
package org.thirdmode.testkit.generate;
