package org.thirdmode.kvm;

import java.util.function.LongConsumer;
import org.thirdmode.kvm.svm.Asids;
import org.thirdmode.shadow.HostFormat;
import org.thirdmode.shadow.HostPages;
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

/**
 * The host: a processor with VMX or SVM, and its memory. The host's kernel is Java; the processor is in the state in which
 * that kernel would have it, and executes only guests.
 */
public final class HostMachine implements HostPages {
    private static final int CODE_SELECTOR = 0x10;
    private static final int TSS_SELECTOR = 0x40;
    private static final long TABLE = 0x1000;

    /** What it is made of. */
    final HostConfiguration configuration;

    public final PhysicalMemory memory;
    public final Processor cpu;

    /** The extension that the processor has. */
    public final Virt virt;

    /** Its VMX; null where it has SVM. */
    public final Vmx vmx;

    /** Its SVM; null where it has VMX. */
    public final Svm svm;

    /** The address-space identifiers of SVM; null where it has VMX. */
    public final Asids asids;

    private final Timer timer;
    private final HostAllocator pages;

    /** Virtual machines, and the page that the processor needs while there are any: VMXON region, host save area. */
    private int users;

    private long extensionPage;

    /**
     * A host.
     *
     * @param addressWidth of its physical memory, in bits; all of it is RAM
     * @param tlbs the TLBs to model and count, or null for {@code fast} fidelity
     */
    public HostMachine(HostConfiguration configuration, int addressWidth, TlbGeometry tlbs) {
        this.configuration = configuration;
        CpuProfile profile = configuration.processor();
        virt = configuration.virt();
        memory = new PhysicalMemory(addressWidth);
        long ram = 1L << configuration.kernel().addressBits(addressWidth);
        memory.mapRam(0, ram);
        pages = new HostAllocator(memory, ram);
        GuestClock clock = new GuestClock();
        timer = new Timer(clock);
        cpu = new Processor(memory, PortBus.EMPTY, timer, clock, profile, tlbs);
        timer.cpu = cpu;
        kernelMode();
        vmx = virt == Virt.VMX ? withVmx() : null;
        svm = virt == Virt.SVM ? withSvm() : null;
        asids = svm == null ? null : new Asids(svm.profile().asids());
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

    /** As after the boot of its kernel. */
    private void kernelMode() {
        boolean wide = configuration.kernel().is64Bit();
        boolean pae = configuration.kernel() != HostKernel.I386;
        cpu.state.cr0 = Cr0.PG | Cr0.WP | Cr0.NE | Cr0.ET | Cr0.MP | Cr0.PE;
        cpu.state.cr4 = (pae ? Cr4.PAE : Cr4.PSE) | Cr4.OSFXSR | Cr4.OSXMMEXCPT;
        cpu.state.efer = wide ? Efer.LME | Efer.LMA | Efer.NXE | Efer.SCE : pae ? Efer.NXE : 0;
        cpu.state.cr3 = TABLE;
        int data = Segment.PRESENT | Segment.CODE_OR_DATA | Segment.WRITABLE | Segment.ACCESSED;
        for (Segment segment : cpu.state.segments) {
            segment.set(CODE_SELECTOR + 8, 0, 0xffff_ffffL, data | Segment.BIG | Segment.GRANULAR);
        }
        cpu.state.segments[Segment.CS].set(
                CODE_SELECTOR,
                0,
                0xffff_ffffL,
                data | Segment.CODE | Segment.GRANULAR | (wide ? Segment.LONG : Segment.BIG));
        cpu.state.tr.set(TSS_SELECTOR, 0x2000, 0x67, Segment.PRESENT | 11);
        cpu.state.gdtrBase = 0x3000;
        cpu.state.idtrBase = 0x4000;
        cpu.mmu.flushAll();
        cpu.modeChanged();
    }

    /** Whether its kernel runs in 64-bit mode. */
    public boolean is64Bit() {
        return configuration.kernel().is64Bit();
    }

    /** The format of its own page tables. */
    public HostFormat tableFormat() {
        return configuration.kernel().format();
    }

    // ---- pages ----

    /** For the kernel's own use: what a 32-bit kernel maps is low. */
    @Override
    public long allocate(boolean below4G) {
        return pages.allocate(below4G || !configuration.kernel().is64Bit());
    }

    /** Pages in a row, to be freed one by one. */
    public long allocateContiguous(int count) {
        return pages.allocateRow(count, !configuration.kernel().is64Bit());
    }

    @Override
    public void free(long hostPhysical) {
        pages.free(hostPhysical);
    }

    /** A page for user space. */
    long allocate(HostPageSize size) {
        return pages.allocate(size, false);
    }

    void free(HostPageSize size, long hostPhysical) {
        pages.free(size, hostPhysical);
    }

    /** Pages that are out, in units of 4 KBytes: of guests' memory, of tables, of control structures. */
    public long pagesInUse() {
        return pages.pagesInUse();
    }

    // ---- the extension ----

    /** A virtual machine comes: the first turns the extension on. KVM: {@code kvm_usage_count}, {@code hardware_enable}. */
    public void use(LongConsumer turnOn) {
        if (users++ == 0) {
            extensionPage = allocate(false);
            turnOn.accept(extensionPage);
        }
    }

    /** A virtual machine is gone: the last turns the extension off. KVM: {@code hardware_disable}. */
    public void leave(Runnable turnOff) {
        if (--users == 0) {
            turnOff.run();
            free(extensionPage);
        }
    }

    // ---- time ----

    /** The host's own timer: its interrupt ends guest mode at {@code tick} of the processor. */
    public void armTimer(long tick) {
        timer.arm(tick);
    }

    /** The host's interrupt handler: the interrupt that ended guest mode is dealt with. */
    public void acknowledgeTimer() {
        timer.pending = false;
        timer.kicked = false;
    }

    /**
     * Another processor's interrupt, from any thread: ends guest mode soon, and the run of a virtual CPU. KVM: {@code
     * kvm_vcpu_kick}, or a signal to its thread.
     */
    public void kick() {
        timer.kicked = true;
        cpu.signal();
    }

    /** Whether {@link #kick} was called since this was asked last, or since the interrupt was dealt with. */
    boolean takeKick() {
        if (!timer.kicked) {
            return false;
        }
        timer.kicked = false;
        return true;
    }

    /** A local APIC with nothing but a timer, whose interrupt is for the host. */
    private static final class Timer extends NoLocalApic {
        private final GuestClock.Timer deadline;
        private boolean pending;
        private volatile boolean kicked;
        private Processor cpu;

        Timer(GuestClock clock) {
            deadline = clock.newTimer(this::expired);
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
            return pending || kicked;
        }

        @Override
        public int acknowledgeInterrupt() {
            pending = false;
            kicked = false;
            return 0xef;
        }
    }
}
