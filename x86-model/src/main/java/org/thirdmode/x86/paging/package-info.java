/**
 * Linear to physical: {@link org.thirdmode.x86.paging.Mmu} is the way of every guest access, {@link
 * org.thirdmode.x86.paging.PageWalker} the hardware's walk, {@link org.thirdmode.x86.paging.SecondStage} the port behind
 * which a second dimension of translation stands.
 *
 * <p>Two fidelities, the same architecture: {@code fast} keeps translations in a software TLB of no particular geometry;
 * {@code detailed} asks {@link org.thirdmode.x86.paging.ModelledTlbs} for every access. Both keep stale translations until
 * the guest flushes them, though not always the same ones.
 *
 * <p>What {@code detailed} is asked in a run can be recorded, and replayed through other TLBs and walk caches without the run:
 * {@link org.thirdmode.x86.paging.TranslationTrace}.
 */
package org.thirdmode.x86.paging;
