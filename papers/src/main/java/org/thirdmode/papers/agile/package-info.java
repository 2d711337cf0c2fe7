/**
 * Agile paging, after Gandhi, Hill and Swift, ISCA 2016: a walk that begins in shadow tables and may go over to nested paging at
 * a level of the guest's tables, which no processor does.
 *
 * <p>{@link org.thirdmode.papers.agile.AgileHardware} is the hypothetical hardware, {@link
 * org.thirdmode.papers.agile.AgileStrategy} the hypervisor's policy, watched on a run: a guest takes the same instructions under
 * every way of translating its memory, so its TLB misses and its writes to page tables are the same too, and tell what agile
 * paging would have done.
 *
 * <p>So there is no {@code --mmu agile}: no guest runs on such tables. What a strategy of its own would do otherwise: keep shadow
 * tables down to where the switching bits stand and the host's tables of all memory beside them, so that faults that only fill a
 * shadow table, exits of CR3 loads, and the shadow entries that go when a table changes its mode are counted too; and let the
 * processor's walk change from one kind of table to the other, with what it found in its TLB. The page walker cannot: its second
 * stage is asked for the host-physical address of each reference, and does not say in which format the next one is.
 */
package org.thirdmode.papers.agile;
