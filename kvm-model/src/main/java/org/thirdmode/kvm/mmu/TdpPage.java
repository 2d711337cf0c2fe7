package org.thirdmode.kvm.mmu;

/** What the hypervisor knows of a table. KVM: {@code struct kvm_mmu_page}. */
final class TdpPage {
    /** Its host-physical address. */
    final long host;

    final int level;

    /** The first guest frame that it translates. */
    final long gfn;

    /** The table that refers to it; null for the root. */
    final TdpPage parent;

    /** Of entries that refer to a table. */
    private final TdpPage[] children;

    /** Entries that are present, and those of them that refer to tables. */
    int used;

    int tables;

    /** Neighbours in the order of age. */
    TdpPage older;

    TdpPage younger;

    TdpPage(long host, int level, long gfn, TdpPage parent, int entries) {
        this.host = host;
        this.level = level;
        this.gfn = gfn;
        this.parent = parent;
        children = level > 1 ? new TdpPage[entries] : null;
    }

    /** The table that an entry refers to; null where it maps a page or nothing. */
    TdpPage child(int index) {
        return children == null ? null : children[index];
    }

    void child(int index, TdpPage table) {
        tables += (table == null ? 0 : 1) - (children[index] == null ? 0 : 1);
        children[index] = table;
    }
}
