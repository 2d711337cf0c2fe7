package org.thirdmode.testkit.world;

import org.thirdmode.shadow.HostFormat;

/**
 * In what a guest begins.
 *
 * @param mode its paging mode
 * @param host the host's table format
 * @param largeHostPages the slots LARGE and HIGH are backed by host pages of 2 MBytes
 * @param modelledTlb the hardware has the TLBs and paging-structure caches of a real processor
 * @param flushes the guest flushes everything after each of its steps, so that nothing stale is ever permitted
 */
public record WorldSetup(
        GuestMode mode, HostFormat host, boolean largeHostPages, boolean modelledTlb, boolean flushes) {
    /** Whether such a host can run such a guest. */
    public boolean possible() {
        return mode.levels <= host.guestLevels;
    }

    @Override
    public String toString() {
        return String.format(
                "a guest with %s paging on a host with %s tables%s%s%s",
                mode,
                host,
                largeHostPages ? ", large host pages" : "",
                modelledTlb ? ", modelled TLBs" : "",
                flushes ? ", which flushes after each step" : "");
    }
}
