package org.thirdmode.kvm;

/** How a guest's memory is translated. */
public enum MmuKind {
    /** By the processor in two dimensions: EPT. */
    NESTED
}
