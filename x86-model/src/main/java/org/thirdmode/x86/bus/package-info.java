/**
 * The ports through which the processor reaches the board: I/O space and the interrupt system. The processor knows no
 * device; pc-model implements these interfaces.
 */
package org.thirdmode.x86.bus;
