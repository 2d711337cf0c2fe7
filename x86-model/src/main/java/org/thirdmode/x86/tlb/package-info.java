/**
 * Models of what a processor caches of address translation: TLBs by page size and paging-structure caches, each an exact
 * set-associative LRU with the geometry of a real processor. SDM 3A "Caching Translation Information".
 *
 * <p>Read {@link org.thirdmode.x86.tlb.TlbGeometry} (the data), then {@link org.thirdmode.x86.tlb.TlbBuffer}. These are
 * tables only: who looks what up when, and what flushes it, is in {@code paging}.
 *
 * <p>Left out: replacement policies other than LRU, prefetching, sharing between logical processors, entries that combine
 * neighbouring pages.
 */
package org.thirdmode.x86.tlb;
