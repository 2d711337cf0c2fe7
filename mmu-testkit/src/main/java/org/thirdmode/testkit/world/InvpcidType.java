package org.thirdmode.testkit.world;

/** The types of INVPCID, in their order. SDM 2 "INVPCID—Invalidate Process-Context Identifier". */
public enum InvpcidType {
    /** One page under one PCID, unless it is global. */
    INDIVIDUAL_ADDRESS,
    /** Everything under one PCID that is not global. */
    SINGLE_CONTEXT,
    /** Everything, global or not. */
    ALL,
    /** Everything that is not global. */
    ALL_BUT_GLOBAL
}
