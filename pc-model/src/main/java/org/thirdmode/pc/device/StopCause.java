package org.thirdmode.pc.device;

/** Why a device asks that the machine be stopped. */
public sealed interface StopCause {
    /** The guest wrote {@code value} to the exit port. */
    record ExitWritten(int value) implements StopCause {}

    /** The guest entered the ACPI soft-off state S5. */
    record PoweredOff() implements StopCause {}

    /** The guest wrote "Shutdown" to the shutdown port of Bochs. */
    record ShutdownWritten() implements StopCause {}

    /** The guest resets the machine, which was told to end then. */
    record Reset() implements StopCause {}

    /** The firmware asks that the image be loaded and started: after a reset. */
    record BootRequested() implements StopCause {}

    /** Who stops the machine; the instruction that wrote is still completed. */
    @FunctionalInterface
    interface Line {
        /** The machine is to stop before its next instruction. */
        void stop(StopCause cause);
    }
}
