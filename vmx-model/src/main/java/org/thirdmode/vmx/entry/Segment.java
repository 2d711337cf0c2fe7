package org.thirdmode.vmx.entry;

import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_CS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_DS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_DS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_DS_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_DS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_ES_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_ES_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_ES_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_ES_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_FS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_FS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_FS_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_FS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GS_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_GS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_LDTR_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_LDTR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_LDTR_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_LDTR_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SS_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SS_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SS_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_SS_SELECTOR;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_TR_ACCESS_RIGHTS;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_TR_BASE;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_TR_LIMIT;
import static org.thirdmode.vmx.vmcs.VmcsField.GUEST_TR_SELECTOR;

import org.thirdmode.vmx.vmcs.VmcsField;

/** The segment registers of the guest-state area. Access rights: SDM 3C "Format of Access Rights". */
enum Segment {
    ES(GUEST_ES_SELECTOR, GUEST_ES_BASE, GUEST_ES_LIMIT, GUEST_ES_ACCESS_RIGHTS),
    CS(GUEST_CS_SELECTOR, GUEST_CS_BASE, GUEST_CS_LIMIT, GUEST_CS_ACCESS_RIGHTS),
    SS(GUEST_SS_SELECTOR, GUEST_SS_BASE, GUEST_SS_LIMIT, GUEST_SS_ACCESS_RIGHTS),
    DS(GUEST_DS_SELECTOR, GUEST_DS_BASE, GUEST_DS_LIMIT, GUEST_DS_ACCESS_RIGHTS),
    FS(GUEST_FS_SELECTOR, GUEST_FS_BASE, GUEST_FS_LIMIT, GUEST_FS_ACCESS_RIGHTS),
    GS(GUEST_GS_SELECTOR, GUEST_GS_BASE, GUEST_GS_LIMIT, GUEST_GS_ACCESS_RIGHTS),
    LDTR(GUEST_LDTR_SELECTOR, GUEST_LDTR_BASE, GUEST_LDTR_LIMIT, GUEST_LDTR_ACCESS_RIGHTS),
    TR(GUEST_TR_SELECTOR, GUEST_TR_BASE, GUEST_TR_LIMIT, GUEST_TR_ACCESS_RIGHTS);

    static final long TYPE = 0xf;
    static final long ACCESSED = 1;

    /** Of a code segment; of a data segment: writable. */
    static final long READABLE = 2;

    static final long CODE = 8;

    /** Code or data, not system. */
    static final long S = 1 << 4;

    static final int DPL_SHIFT = 5;
    static final long DPL = 3 << DPL_SHIFT;
    static final long PRESENT = 1 << 7;
    static final long RESERVED_LOW = 0xf00;
    static final long L = 1 << 13;
    static final long D = 1 << 14;
    static final long G = 1 << 15;
    static final long UNUSABLE = 1 << 16;
    static final long RESERVED_HIGH = 0xfffe_0000L;

    final VmcsField selector;
    final VmcsField base;
    final VmcsField limit;
    final VmcsField rights;

    Segment(VmcsField selector, VmcsField base, VmcsField limit, VmcsField rights) {
        this.selector = selector;
        this.base = base;
        this.limit = limit;
        this.rights = rights;
    }

    boolean isUsable(Facts f) {
        return (f.get(rights) & UNUSABLE) == 0;
    }

    long type(Facts f) {
        return f.get(rights) & TYPE;
    }

    long dpl(Facts f) {
        return (f.get(rights) & DPL) >>> DPL_SHIFT;
    }

    long rpl(Facts f) {
        return f.get(selector) & 3;
    }

    boolean has(Facts f, long bits) {
        return (f.get(rights) & bits) == bits;
    }
}
