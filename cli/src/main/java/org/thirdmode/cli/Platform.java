package org.thirdmode.cli;

/** What an image runs on. */
enum Platform {
    /** The machine alone, no hypervisor. */
    BARE,
    /** A virtual machine of the model of KVM. */
    KVM
}
