package org.thirdmode.cli;

/** What an image runs on. */
enum Platform {
    /** The machine alone, no hypervisor. */
    BARE
}
