/**
 * Linear to physical: {@link org.thirdmode.x86.paging.Mmu} is the way of every guest access, {@link
 * org.thirdmode.x86.paging.PageWalker} the hardware's walk.
 */
package org.thirdmode.x86.paging;
