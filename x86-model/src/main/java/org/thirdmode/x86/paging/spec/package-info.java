/**
 * Address translation as the manual tells it: to be read, to be checked against, never to be fast. Shares no code with the
 * fast walker; a property ties the two.
 *
 * <p>Read {@link org.thirdmode.x86.paging.spec.EntryFormat} (the manual's tables), {@link
 * org.thirdmode.x86.paging.spec.PagingMode} (which structures a mode has), then {@link
 * org.thirdmode.x86.paging.spec.ReferenceWalker}.
 *
 * <p>Left out: caching of translations (a walk here always reads memory), a second stage, shadow-stack pages,
 * supervisor-mode protection keys.
 */
package org.thirdmode.x86.paging.spec;
