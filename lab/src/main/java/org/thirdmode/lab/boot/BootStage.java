package org.thirdmode.lab.boot;

/**
 * The stages of a Linux kernel's boot, in their order, and the line of its log that begins each. A kernel without an early
 * console says the first two only when its console is enabled, all at once: what went before counts as {@link #UNPACKING}.
 */
public enum BootStage {
    UNPACKING("until the first line", null),
    EARLY("early setup", "Linux version "),
    MEMORY("memory allocators", "Memory: "),
    SUBSYSTEMS("subsystems", "devtmpfs: initialized"),
    RAM_DISK("RAM disk and drivers", "Trying to unpack rootfs image"),
    USER_SPACE("user space", "Run /"),
    POWER_OFF("power off", "reboot: ");

    private static final BootStage[] ALL = values();

    public final String title;

    /** How the line begins; null for the first stage, which no line begins. */
    public final String line;

    BootStage(String title, String line) {
        this.title = title;
        this.line = line;
    }

    /** The latest stage after this one that a line of the log begins; this one where it begins none. */
    BootStage after(String message) {
        for (int n = ALL.length - 1; n > ordinal(); n--) {
            if (message.startsWith(ALL[n].line)) {
                return ALL[n];
            }
        }
        return this;
    }
}
