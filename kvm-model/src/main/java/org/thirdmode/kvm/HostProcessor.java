package org.thirdmode.kvm;

import java.util.concurrent.atomic.AtomicBoolean;
import org.thirdmode.kvm.svm.Asids;
import org.thirdmode.svm.exec.Svm;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.exec.Vmx;
import org.thirdmode.x86.bus.NoLocalApic;
import org.thirdmode.x86.bus.PortBus;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.time.GuestClock;
import org.thirdmode.x86.tlb.TlbGeometry;

/** One of a host's processors, in the state in which the host's kernel has it between guests. */
public final class HostProcessor {
    private static final int CODE_SELECTOR = 0x10;
    private static final int TSS_SELECTOR = 0x40;

    // Where the kernel has its own tables, in memory that it gives nobody: those of a processor are a page each.
    private static final long PAGE_TABLE = 0x1000;
    private static final long IDT = 0x2000;
    private static final long TSS = 0x1_0000;
    private static final long GDT = 0x8_0000;
    private static final long APART = 0x1000;

    public final Processor cpu;

    /** Its VMX; null where it has SVM. */
    public final Vmx vmx;

    /** Its SVM; null where it has VMX. */
    public final Svm svm;

    /** The address-space identifiers of SVM; null where it has VMX. */
    public final Asids asids;

    private final Timer timer;

    /** The page that it needs while there are virtual machines: VMXON region, host save area. */
    long extensionPage;

    /**
     * A processor.
     *
     * @param number from 0
     * @param kicked whether a virtual CPU's thread has been signalled
     * @param agile it is a hypothetical one, with VMX and agile paging
     */
    HostProcessor(
            int number,
            HostConfiguration host,
            PhysicalMemory memory,
            TlbGeometry tlbs,
            AtomicBoolean kicked,
            boolean agile) {
        CpuProfile profile = host.processor();
        GuestClock clock = new GuestClock();
        timer = new Timer(clock, kicked);
        cpu = new Processor(memory, PortBus.EMPTY, timer, clock, profile, tlbs);
        timer.cpu = cpu;
        kernelMode(number, host.kernel());
        boolean intel = host.virt() == Virt.VMX;
        vmx = intel ? withVmx() : null;
        svm = intel ? null : withSvm();
        if (agile) {
            vmx.agilePaging();
        }
        asids = intel ? null : new Asids(svm.profile().asids());
    }

    private Vmx withVmx() {
        Vmx extension = new Vmx(cpu, VmxCapabilities.of(cpu.profile));
        cpu.extend(extension);
        extension.handOverExits(true);
        cpu.state.cr4 |= Cr4.VMXE;
        return extension;
    }

    private Svm withSvm() {
        Svm extension = new Svm(cpu);
        cpu.extend(extension);
        cpu.state.efer |= Efer.SVME;
        return extension;
    }

    /** As after the boot of a kernel. */
    private void kernelMode(int number, HostKernel kernel) {
        boolean wide = kernel.is64Bit();
        boolean pae = kernel != HostKernel.I386;
        cpu.state.cr0 = Cr0.PG | Cr0.WP | Cr0.NE | Cr0.ET | Cr0.MP | Cr0.PE;
        cpu.state.cr4 = (pae ? Cr4.PAE : Cr4.PSE) | Cr4.OSFXSR | Cr4.OSXMMEXCPT;
        cpu.state.efer = wide ? Efer.LME | Efer.LMA | Efer.NXE | Efer.SCE : pae ? Efer.NXE : 0;
        cpu.state.cr3 = PAGE_TABLE;
        int data = Segment.PRESENT | Segment.CODE_OR_DATA | Segment.WRITABLE | Segment.ACCESSED;
        for (Segment segment : cpu.state.segments) {
            segment.set(CODE_SELECTOR + 8, 0, 0xffff_ffffL, data | Segment.BIG | Segment.GRANULAR);
        }
        cpu.state.segments[Segment.CS].set(
                CODE_SELECTOR,
                0,
                0xffff_ffffL,
                data | Segment.CODE | Segment.GRANULAR | (wide ? Segment.LONG : Segment.BIG));
        cpu.state.tr.set(TSS_SELECTOR, TSS + (number * APART), 0x67, Segment.PRESENT | 11);
        cpu.state.gdtrBase = GDT + (number * APART);
        cpu.state.idtrBase = IDT;
        cpu.mmu.flushAll();
        cpu.modeChanged();
    }

    // ---- time ----

    /** The host's own timer: its interrupt ends guest mode at {@code tick} of the processor. */
    void armTimer(long tick) {
        timer.arm(tick);
    }

    /** The host's interrupt handler: the interrupt that ended guest mode is dealt with. */
    void acknowledgeTimer() {
        timer.acknowledgeInterrupt();
    }

    /** A local APIC with nothing but a timer, whose interrupt is for the host. */
    private static final class Timer extends NoLocalApic {
        private static final int VECTOR = 0xef;

        private final GuestClock.Timer deadline;
        private final AtomicBoolean kicked;
        private boolean pending;
        private Processor cpu;

        Timer(GuestClock clock, AtomicBoolean kicked) {
            deadline = clock.newTimer(this::expired);
            this.kicked = kicked;
        }

        void arm(long tick) {
            pending = false;
            if (tick == GuestClock.NEVER) {
                deadline.disarm();
            } else if (tick <= cpu.now()) {
                deadline.disarm();
                expired();
            } else {
                deadline.arm(tick);
            }
        }

        private void expired() {
            pending = true;
            cpu.interruptLineChanged();
        }

        @Override
        public boolean interruptPending() {
            return pending || kicked.get();
        }

        @Override
        public int acknowledgeInterrupt() {
            pending = false;
            kicked.set(false);
            return VECTOR;
        }
    }
}
