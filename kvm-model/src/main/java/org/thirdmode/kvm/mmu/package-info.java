/**
 * Two-dimensional paging from the hypervisor's side. Read {@link org.thirdmode.kvm.mmu.TdpMmu} first: when a page is mapped,
 * how large, and when that ends. {@link org.thirdmode.kvm.mmu.TdpFormat} is what an entry looks like, EPT's or nested
 * paging's; {@link org.thirdmode.kvm.mmu.TdpTables} is the one place where one changes; {@link
 * org.thirdmode.kvm.mmu.TdpHardware} is what the backend says of its processor.
 *
 * <p>KVM: {@code tdp_page_fault}, {@code mmu/tdp_mmu.c}. Left out: entries that mark addresses without memory (each access
 * there is a violation that is looked up in the slots).
 */
package org.thirdmode.kvm.mmu;
