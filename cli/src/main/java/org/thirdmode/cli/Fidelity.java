package org.thirdmode.cli;

/** How much of the processor is modelled beside its architecture; the guest's results are the same. */
enum Fidelity {
    /** No geometry of TLBs and caches. */
    FAST,
    /** The TLBs and paging-structure caches of the chosen processor, counted. */
    DETAILED
}
