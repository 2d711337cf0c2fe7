/**
 * The devices of the board, one class a chip or port, each after its datasheet. They know the buses of {@code bus} and
 * guest time, never the processor; {@code Board} wires them.
 */
package org.thirdmode.pc.device;
