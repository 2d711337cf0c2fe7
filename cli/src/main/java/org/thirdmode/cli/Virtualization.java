package org.thirdmode.cli;

/** The extension that runs virtual machines. */
enum Virtualization {
    VMX
}
