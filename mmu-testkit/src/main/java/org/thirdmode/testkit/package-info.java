/**
 * Property tests of MMUs, as a library: random guests, an oracle that knows what hardware may legally do, and named
 * invariants. To test a strategy, extend {@link org.thirdmode.testkit.contract.GuestMmuContract}.
 *
 * <p>The packages, from below: {@code world} (a guest on a hypervisor, with real bits in simulated memory), {@code action}
 * (what is done), {@code oracle} (what the manuals permit), {@code invariant} (I1 to I15), {@code scenario} (a guest's life as
 * a value), {@code generate} (random ones, and smaller ones), {@code contract} (the suite). Beside them {@code control} (VMCSs and
 * VMCBs) and {@code exit} (what exits tell).
 */
package org.thirdmode.testkit;
