/**
 * The hypervisor's software MMU, as KVM had it before nested paging: it walks the guest's tables in software and keeps,
 * in simulated host-physical memory, tables of its own that the hardware walks instead: the <em>shadow</em> tables.
 *
 * <p>This package is the port. A hypervisor reads {@link org.thirdmode.shadow.GuestMmu} first, then {@link
 * org.thirdmode.shadow.FaultResult} (what it has to do about a fault), {@link org.thirdmode.shadow.HardwarePaging} (with
 * what registers the guest runs) and {@link org.thirdmode.shadow.Surroundings} (what it must provide). The strategies,
 * each a page of KVM's history:
 *
 * <ul>
 *   <li>{@code naive} (2006): one tree of shadow tables, thrown away at every load of CR3;
 *   <li>{@code cached} (2007): shadow tables are found again by guest frame and role; guest tables are write-protected;
 *   <li>{@code unsync} (2008): the guest may write its page tables; they are looked at again when the guest flushes.
 * </ul>
 *
 * <p>Glossary, in KVM's words: <em>gfn</em>, a guest frame number (guest-physical address / 4096); <em>slot</em>, a range of
 * guest memory; <em>shadow page</em>, a table of ours; <em>role</em>, everything beside the guest table's content that a
 * shadow page's content depends on; <em>quadrant</em>, which part of a guest's 32-bit table (4 MBytes a table, 4 GBytes a
 * directory) a smaller shadow table stands for; <em>direct</em>, a shadow page that stands for no guest table: it maps
 * guest-physical addresses in a row, those of a large page or all of them without paging; <em>rmap</em>, the reverse map
 * from guest frames to the shadow entries that map them.
 *
 * <p>The format of the shadow tables is the one in which the hardware must be to run the guest: 4 or 5 levels for a 64-bit
 * guest; for any other guest PAE, and on an i386 host without PAE 32-bit tables unless the guest itself uses PAE paging (a
 * 32-bit table covers two of its page tables and has no XD).
 *
 * <p>Everything that tables hold is real bits in host-physical memory, changed through {@code
 * table.ShadowEntries} alone.
 *
 * <p>Left out: several virtual CPUs that share one set of tables, and system-management mode's second address space.
 */
package org.thirdmode.shadow;
