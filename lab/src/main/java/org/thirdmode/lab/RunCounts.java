package org.thirdmode.lab;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.thirdmode.cost.Counts;
import org.thirdmode.cost.Counts.Conditions;
import org.thirdmode.cost.Counts.Extension;
import org.thirdmode.cost.ExitCounts;
import org.thirdmode.cost.Quantity;
import org.thirdmode.kvm.ExitLedger;
import org.thirdmode.kvm.Virt;
import org.thirdmode.kvm.mmu.AgileMmu;
import org.thirdmode.kvm.mmu.TdpMmu;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.MmuCounters;
import org.thirdmode.x86.paging.WalkCounters;
import org.thirdmode.x86.tlb.TlbGeometry;

/** What a machine has done so far, to be priced: nothing here is estimated, each number is a counter of the model. */
public final class RunCounts {
    private RunCounts() {}

    /** Of the bare machine. */
    public static Counts of(String workload, MachineConfiguration configuration, Machine machine) {
        Map<Quantity, Long> counts = new EnumMap<>(Quantity.class);
        WalkCounters walks = machine.processor().walker.counters;
        counts.put(Quantity.INSTRUCTIONS, machine.processor().instructions());
        counts.put(Quantity.FAULTS_DELIVERED, walks.pageFaults);
        walks(counts, walks);
        String tlbs = name(configuration.modelledTlbs(configuration.profile()));
        return new Counts(workload, "bare", new Conditions(Extension.NONE, false, tlbs, ""), counts, List.of());
    }

    /** Of a virtual machine that was not restored from a file: what was counted before is not among its counters. */
    public static Counts of(
            String workload, MachineConfiguration configuration, Hypervisor hypervisor, VirtualMachine machine) {
        Map<Quantity, Long> counts = new EnumMap<>(Quantity.class);
        boolean nested = hypervisor.mmu().hasSecondDimension();
        MmuCounters mmu = machine.vcpu().mmu().counters();
        counts.put(Quantity.INSTRUCTIONS, machine.instructions());
        counts.put(Quantity.FAULTS_DELIVERED, delivered(machine));
        walks(counts, machine.walks());
        counts.put(Quantity.MMU_FAULTS, mmu.faults);
        counts.put(Quantity.GUEST_ENTRIES_READ, mmu.guestEntriesRead);
        counts.put(Quantity.ENTRY_CHANGES, mmu.allEntryChanges());
        counts.put(Quantity.PAGES_MADE, mmu.pagesMade);
        counts.put(Quantity.PAGES_ZAPPED, mmu.pagesZapped);
        counts.put(Quantity.PAGES_SYNCED, mmu.pagesSynced);
        counts.put(Quantity.FLUSHES, mmu.flushes);
        counts.put(Quantity.PAGE_FLUSHES, mmu.pageFlushes);
        counts.put(Quantity.USER_SPACE_RETURNS, machine.vcpu().userSpaceExits());
        List<ExitCounts> exits = new ArrayList<>();
        long all = 0;
        for (ExitLedger.Entry exit : machine.vcpu().ledger().entries()) {
            all += exit.exits();
            exits.add(new ExitCounts(
                    exit.reason(),
                    exit.exits(),
                    exit.controlReads(),
                    exit.controlWrites(),
                    exit.emulated(),
                    exit.injected()));
        }
        // Where exits empty the TLB, what fills it again is among the walks.
        counts.put(Quantity.EXITS_WITH_TLB_KEPT, machine.vcpu().translationsOutliveExits() ? all : 0);
        String tlbs = name(configuration.modelledTlbs(
                hypervisor.hostFor(configuration.profile()).processor()));
        Extension extension = hypervisor.virt() == Virt.VMX ? Extension.VMX : Extension.SVM;
        return new Counts(workload, hypervisor.toString(), new Conditions(extension, nested, tlbs, ""), counts, exits);
    }

    /** Page faults that the guest got. With shadow tables each exits first, and what is the guest's own is injected. */
    private static long delivered(VirtualMachine machine) {
        return switch (machine.vcpu().mmu()) {
            case TdpMmu ignored -> machine.walks().pageFaults;
            case AgileMmu agile ->
                machine.walks().pageFaults
                        - agile.shadow().counters().faults
                        + agile.shadow().counters().guestFaults;
            case GuestMmu shadow -> shadow.counters().guestFaults;
        };
    }

    /** Of the TLBs that were modelled; empty for none. */
    private static String name(TlbGeometry tlbs) {
        return tlbs == null ? "" : tlbs.name();
    }

    private static void walks(Map<Quantity, Long> counts, WalkCounters walks) {
        counts.put(Quantity.WALKS, walks.walks);
        counts.put(Quantity.TABLE_REFERENCES, walks.allTableReferences());
        counts.put(Quantity.NESTED_REFERENCES, walks.allNestedReferences());
    }
}
