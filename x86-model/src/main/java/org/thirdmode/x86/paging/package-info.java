/**
 * Linear to physical: {@link org.thirdmode.x86.paging.Mmu} is the way of every guest access, {@link
 * org.thirdmode.x86.paging.PageWalker} the hardware's walk, {@link org.thirdmode.x86.paging.SecondStage} the port behind
 * which a second dimension of translation stands.
 */
package org.thirdmode.x86.paging;
