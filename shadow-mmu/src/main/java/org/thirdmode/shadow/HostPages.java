package org.thirdmode.shadow;

/** The host's page allocator, as far as tables need it. It counts what is out. */
public interface HostPages {
    /**
     * A page of host memory, of any content.
     *
     * @param below4G it must lie below 4 GBytes: a PAE or 32-bit root
     * @return its host-physical address
     */
    long allocate(boolean below4G);

    /** Takes a page back. */
    void free(long hostPhysical);
}
