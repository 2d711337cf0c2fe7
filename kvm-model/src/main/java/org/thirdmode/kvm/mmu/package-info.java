/** Two-dimensional paging from the hypervisor's side. KVM: {@code tdp_page_fault}, {@code mmu/tdp_mmu.c}. */
package org.thirdmode.kvm.mmu;
