package org.thirdmode.lab;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;

/** How a virtual machine is run: by an extension of the host's processor, and with an MMU. */
public record Hypervisor(Virt virt, MmuKind mmu) {
    /** Every extension with every MMU. */
    public static List<Hypervisor> all() {
        List<Hypervisor> all = new ArrayList<>();
        for (Virt virt : Virt.values()) {
            for (MmuKind mmu : MmuKind.values()) {
                all.add(new Hypervisor(virt, mmu));
            }
        }
        return all;
    }

    /** As one says it: {@code vmx/nested}. */
    @Override
    public String toString() {
        return (virt + "/" + mmu).toLowerCase(Locale.ROOT);
    }
}
