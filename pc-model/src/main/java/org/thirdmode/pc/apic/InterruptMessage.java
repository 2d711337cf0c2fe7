package org.thirdmode.pc.apic;

/**
 * An interrupt message on its way to local APICs.
 *
 * <p>Source: SDM 3A "Interrupt Command Register (ICR)" and "Determining IPI Destination"; 82093AA (I/O APIC) datasheet
 * "I/O Redirection Table Registers".
 *
 * @param mode the delivery mode, 0..7
 * @param vector 0..255
 * @param destination an APIC ID or a set of logical ones; all ones is everyone
 * @param logical whether the destination is logical
 * @param level whether it is level triggered: then its end is told to the I/O APICs
 */
public record InterruptMessage(int mode, int vector, int destination, boolean logical, boolean level) {
    // Delivery modes.
    public static final int FIXED = 0;
    public static final int LOWEST_PRIORITY = 1;
    public static final int SMI = 2;
    public static final int NMI = 4;
    public static final int INIT = 5;
    public static final int STARTUP = 6;
    public static final int EXT_INT = 7;

    /** Where messages go. */
    @FunctionalInterface
    public interface Bus {
        /** Sends {@code message}; returns whether any local APIC took it. */
        boolean send(InterruptMessage message);
    }
}
