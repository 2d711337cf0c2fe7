/**
 * AMD's second dimension: {@link org.thirdmode.npt.nested.NestedPageTables} walks, {@link
 * org.thirdmode.npt.nested.NestedPageFault} tells what a #VMEXIT(NPF) reports. APM 2 "Nested Paging".
 *
 * <p>Left out: guest mode execute trap, supervisor shadow stacks, the guest PAT (memory types have no effect), SEV.
 */
package org.thirdmode.npt.nested;
