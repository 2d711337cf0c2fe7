/**
 * Intel's second dimension: {@link org.thirdmode.npt.ept.ExtendedPageTables} walks, {@link org.thirdmode.npt.ept.EptExit}
 * tells what a violation or misconfiguration reports. SDM 3C "The Extended Page Table Mechanism (EPT)".
 *
 * <p>Left out: sub-page write permissions, HLAT, supervisor shadow-stack control, guest-paging verification; the memory
 * type of an access has no effect.
 */
package org.thirdmode.npt.ept;
