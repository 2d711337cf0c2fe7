/**
 * Files that hold a machine: {@link org.thirdmode.pc.snapshot.StateFile} is the format, {@link
 * org.thirdmode.pc.snapshot.MachineDescription} what has to be known before there is a machine to fill.
 */
package org.thirdmode.pc.snapshot;
