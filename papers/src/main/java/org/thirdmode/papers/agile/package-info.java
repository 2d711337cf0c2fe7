/**
 * Agile paging, after Gandhi, Hill and Swift, ISCA 2016: a walk that begins in shadow tables and may go over to nested paging at
 * a level of the guest's tables, which no processor does.
 *
 * <p>{@link org.thirdmode.papers.agile.AgileHardware} is the hypothetical hardware, {@link
 * org.thirdmode.papers.agile.AgileStrategy} the hypervisor's policy, watched on a run: a guest takes the same instructions under
 * every way of translating its memory, so its TLB misses and its writes to page tables are the same too, and tell what agile
 * paging would have done.
 */
package org.thirdmode.papers.agile;
