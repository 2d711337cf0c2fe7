package org.thirdmode.pc.apic;

import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;

/**
 * What messages a local APIC hears: its identifiers, physical and logical. SDM 3A "Determining IPI Destination", "Logical
 * Destination Mode in x2APIC Mode".
 */
final class ApicAddress implements Stateful {
    private static final int HIGH_BYTE = 0xff00_0000;

    private final int initialId;

    /** The APIC ID register of xAPIC mode. */
    private int id;

    private int logicalDestination;
    private int destinationFormat;

    ApicAddress(int initialId) {
        this.initialId = initialId;
    }

    /** The APIC ID is as after power-up. */
    void resetId() {
        id = initialId << 24;
    }

    /** What INIT resets too. */
    void resetLogical(boolean x2apic) {
        logicalDestination = x2apic ? x2apicLogicalId() : 0;
        destinationFormat = -1;
    }

    /** In x2APIC mode identifiers are read-only, the logical one made of the physical. */
    void enterX2apic() {
        logicalDestination = x2apicLogicalId();
    }

    private int x2apicLogicalId() {
        return (initialId >>> 4) << 16 | 1 << (initialId & 15);
    }

    int id(boolean x2apic) {
        return x2apic ? initialId : id;
    }

    int logicalDestination() {
        return logicalDestination;
    }

    int destinationFormat() {
        return destinationFormat;
    }

    void writeId(int value) {
        id = value & HIGH_BYTE;
    }

    void writeLogicalDestination(int value) {
        logicalDestination = value & HIGH_BYTE;
    }

    void writeDestinationFormat(int value) {
        destinationFormat = value | 0x0fff_ffff;
    }

    /** Whether a message to {@code destination}, of 8 bits or in x2APIC mode of 32, is for this APIC. */
    boolean hears(int destination, boolean logical, boolean x2apic) {
        if (x2apic) {
            if (destination == -1) {
                return true;
            }
            return logical
                    ? destination >>> 16 == logicalDestination >>> 16
                            && (destination & logicalDestination & 0xffff) != 0
                    : destination == initialId;
        }
        if (destination == 0xff) {
            return true;
        }
        if (!logical) {
            return destination == id >>> 24;
        }
        int own = logicalDestination >>> 24;
        return switch (destinationFormat >>> 28) {
            case 0xf -> (destination & own) != 0;
            case 0x0 -> (destination >>> 4 == own >>> 4 || destination >>> 4 == 0xf) && (destination & own & 0xf) != 0;
            default -> false;
        };
    }

    @Override
    public void state(StatePort port) {
        id = port.number("id", id);
        logicalDestination = port.number("logical destination", logicalDestination);
        destinationFormat = port.number("destination format", destinationFormat);
    }
}
