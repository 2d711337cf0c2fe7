package org.thirdmode.lab;

import org.thirdmode.pc.Board;
import org.thirdmode.pc.HostPorts;

/** What is at a machine besides its image, for one run: its disks, somebody who types. It must do the same in each run. */
public interface Equipment {
    /** No disk, and nobody. */
    Equipment NONE = new Equipment() {};

    /** Connects what there is. */
    default HostPorts connected(HostPorts ports) {
        return ports;
    }

    /** The machine is put together, and has not run yet. */
    default void at(Board board) {}

    /** The guest has sent a byte over its first serial port. */
    default void received(int value) {}
}
