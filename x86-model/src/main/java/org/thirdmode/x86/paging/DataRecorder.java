package org.thirdmode.x86.paging;

/**
 * Sees every access of the program's instructions to memory, in the order in which they are done: for models of caches. Asked
 * only while one is installed, and only in {@code detailed} fidelity, where every access passes where it can be seen.
 *
 * <p>Instruction fetches are not told; those that page walks do are {@link WalkRecorder}'s.
 */
@FunctionalInterface
public interface DataRecorder {
    /**
     * An access to memory, within one page.
     *
     * @param physical the address that the bus sees: host-physical, where there is a second stage
     * @param size in bytes, 1 to 8
     */
    void accessed(long physical, int size, boolean write);
}
