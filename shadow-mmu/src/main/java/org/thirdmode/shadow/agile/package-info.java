/**
 * Agile paging's half of shadow tables, for the hypothetical processor of {@code npt.agile}: {@link
 * org.thirdmode.shadow.agile.AgileShadow}. The other half, the second dimension, and what ties the two, is the hypervisor's.
 */
package org.thirdmode.shadow.agile;
