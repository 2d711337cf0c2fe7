package org.thirdmode.cli;

/** The bare machine as the command line sees it. */
interface Bare {
    /**
     * Runs an image to its end.
     *
     * @param serial takes what the guest writes to its serial port
     * @throws UserError where the image, a file or a value cannot be used
     */
    Report run(BareRun what, SerialOutput serial);
}
