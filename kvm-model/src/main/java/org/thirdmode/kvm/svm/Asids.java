package org.thirdmode.kvm.svm;

/**
 * The address-space identifiers of one processor. KVM: {@code new_asid}: they are given out in turn; when all are used up a
 * new generation begins with a flush of everything, and who holds one of an older generation needs another.
 */
public final class Asids {
    private final int count;
    private int next = 1;
    private long generation = 1;
    private boolean wrapped;

    /**
     * The identifiers of a processor.
     *
     * @param count how many there are, the host's 0 among them
     */
    public Asids(int count) {
        this.count = count;
    }

    long generation() {
        return generation;
    }

    /** The next identifier. */
    int take() {
        wrapped = next >= count;
        if (wrapped) {
            next = 1;
            generation++;
        }
        return next++;
    }

    /** Whether the identifier taken last is the first of a generation: its first VMRUN flushes those of all. */
    boolean beginsGeneration() {
        return wrapped;
    }
}
