/** December 2006: one tree of shadow tables, thrown away at every load of CR3. */
package org.thirdmode.shadow.naive;
