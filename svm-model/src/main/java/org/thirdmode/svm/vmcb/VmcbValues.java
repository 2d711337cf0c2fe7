package org.thirdmode.svm.vmcb;

/** What is known of a VMCB: one in memory, what a processor has loaded of one, or a dump of one. */
public interface VmcbValues {
    /** The field's value, zero-extended; 0 where it is not known. */
    long get(VmcbField field);

    /** Whether the value is known: a dump need not show every field. */
    default boolean knows(VmcbField field) {
        return true;
    }
}
