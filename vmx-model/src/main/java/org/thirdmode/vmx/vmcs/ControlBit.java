package org.thirdmode.vmx.vmcs;

/** One bit of a control field of the VMCS that the manual names: a row of one of its tables of controls. */
public sealed interface ControlBit
        permits PinBased,
                PrimaryProcessorBased,
                SecondaryProcessorBased,
                TertiaryProcessorBased,
                ExitControls,
                SecondaryExitControls,
                EntryControls,
                VmFunctions {
    /** The field that holds the bit. */
    VmcsField field();

    /** Position of the bit in its field. */
    int bit();

    /** The manual's name of the control. */
    String title();

    /** The bit as a value of its field. */
    default long mask() {
        return 1L << bit();
    }

    /** The name of the constant. */
    String name();

    /** The control as a message shows it: {@code "unrestricted guest" (bit 7 of SECONDARY_PROCESSOR_BASED_CONTROLS)}. */
    default String words() {
        return "\"" + title() + "\" (bit " + bit() + " of " + field().name() + ")";
    }
}
