package org.thirdmode.papers;

/** When a claim is met. */
public enum Kind {
    /** Ours is equal. */
    EXACT,
    /** Ours is within 5 %. */
    CALIBRATED,
    /** Ours was made from it: that proves nothing, others that were predicted with it may. */
    FITTED,
    /** Ours stands to the others of its group as theirs does: more where theirs is more, about the same where theirs is. */
    SHAPE
}
