/** Random guests without JUnit: one after the other, each of which follows from a seed of its own. */
package org.thirdmode.testkit.fuzz;
