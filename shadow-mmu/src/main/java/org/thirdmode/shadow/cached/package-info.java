/**
 * 2007: shadow pages are kept and found again. Read {@link org.thirdmode.shadow.cached.Role} first (what makes two uses of a
 * guest table one shadow page), then {@link org.thirdmode.shadow.cached.CachedMmu}. {@link
 * org.thirdmode.shadow.cached.ShadowCache} keeps the pages and what must agree between them.
 */
package org.thirdmode.shadow.cached;
