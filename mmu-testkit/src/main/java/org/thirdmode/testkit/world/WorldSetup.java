package org.thirdmode.testkit.world;

import org.thirdmode.shadow.HostFormat;

/**
 * In what a guest begins.
 *
 * @param mode its paging mode
 * @param host the host's table format
 * @param nesting whether the processor translates guest-physical addresses
 * @param vcpus virtual CPUs that take turns, 1 to {@link #MOST_VCPUS}
 * @param largeHostPages the slots LARGE and HIGH are backed by host pages of 2 MBytes
 * @param modelledTlb the hardware has the TLBs and paging-structure caches of a real processor
 * @param flushes the guest flushes everything after each of its steps, so that nothing stale is ever permitted
 */
public record WorldSetup(
        GuestMode mode,
        HostFormat host,
        Nesting nesting,
        int vcpus,
        boolean largeHostPages,
        boolean modelledTlb,
        boolean flushes) {
    public static final int MOST_VCPUS = 3;

    /** One virtual CPU, shadow tables. */
    public static WorldSetup shadow(GuestMode mode, HostFormat host) {
        return new WorldSetup(mode, host, Nesting.NONE, 1, true, false, false);
    }

    /** Whether such a host can run such a guest. */
    public boolean possible() {
        return mode.levels <= host.guestLevels;
    }

    /** The slots that there can be: a 32-bit host without PAE has no memory for a guest beyond 4 GBytes. */
    boolean reaches(SlotName slot) {
        return nesting == Nesting.NONE || nesting.format(host).reaches(slot.baseGfn);
    }

    public WorldSetup withVcpus(int number) {
        return new WorldSetup(mode, host, nesting, number, largeHostPages, modelledTlb, flushes);
    }

    public WorldSetup withHost(HostFormat format) {
        return new WorldSetup(mode, format, nesting, vcpus, largeHostPages, modelledTlb, flushes);
    }

    public WorldSetup withLargeHostPages(boolean large) {
        return new WorldSetup(mode, host, nesting, vcpus, large, modelledTlb, flushes);
    }

    public WorldSetup withModelledTlb(boolean modelled) {
        return new WorldSetup(mode, host, nesting, vcpus, largeHostPages, modelled, flushes);
    }

    public WorldSetup withFlushes(boolean always) {
        return new WorldSetup(mode, host, nesting, vcpus, largeHostPages, modelledTlb, always);
    }

    @Override
    public String toString() {
        return String.format(
                "a guest with %s paging%s on a host with %s tables%s%s%s%s",
                mode,
                vcpus > 1 ? " and " + vcpus + " virtual CPUs" : "",
                host,
                nesting == Nesting.NONE ? "" : ", " + nesting,
                largeHostPages ? ", large host pages" : "",
                modelledTlb ? ", modelled TLBs" : "",
                flushes ? ", which flushes after each step" : "");
    }
}
