package org.thirdmode.shadow;

/** How the MMU has the hardware forget translations before the guest runs on. */
public interface TlbControl {
    /** Everything of this guest, global translations and PDPTE registers included. */
    void flush();

    /** What covers one guest-linear page, global or not. */
    void flushPage(long linear);
}
