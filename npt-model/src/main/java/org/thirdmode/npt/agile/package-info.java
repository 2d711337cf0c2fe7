/**
 * The second dimension of a processor that nobody has built: agile paging, after Gandhi, Hill and Swift, "Agile Paging: Exceeding
 * the Best of Nested and Shadow Paging", ISCA 2016. Its walks begin in shadow tables and may go over to the guest's own, and to
 * EPT, at any level: {@link org.thirdmode.npt.agile.AgileSecondStage}.
 */
package org.thirdmode.npt.agile;
