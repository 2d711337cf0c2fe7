/**
 * I15: what an exit for the tables of the second dimension tells, held against {@code npt.spec}: {@link
 * org.thirdmode.testkit.exit.ExitInformation}.
 */
package org.thirdmode.testkit.exit;
