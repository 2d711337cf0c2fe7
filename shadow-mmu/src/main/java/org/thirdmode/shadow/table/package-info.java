/**
 * What all strategies share: the formats of shadow tables, the one place where their entries change ({@link
 * org.thirdmode.shadow.table.ShadowEntries}), and the part of a fault that is decided before any table is touched ({@link
 * org.thirdmode.shadow.table.ShadowMmu}).
 */
package org.thirdmode.shadow.table;
