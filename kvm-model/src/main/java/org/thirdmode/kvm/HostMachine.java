package org.thirdmode.kvm;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;
import org.thirdmode.npt.agile.AgileSecondStage;
import org.thirdmode.shadow.HostFormat;
import org.thirdmode.shadow.HostPages;
import org.thirdmode.svm.exec.Svm;
import org.thirdmode.vmx.exec.Vmx;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.tlb.TlbGeometry;

/**
 * The host: processors with VMX or SVM, and their memory. The host's kernel is Java; a processor is in the state in which
 * that kernel would have it, and executes only guests.
 *
 * <p>It has one virtual machine at a time: two that run at once on two threads each have a host of their own, for a modelled
 * processor and its memory are one thread's.
 */
public final class HostMachine implements HostPages {
    /** What it is made of. */
    final HostConfiguration configuration;

    public final PhysicalMemory memory;
    /** The first processor. */
    public final Processor cpu;

    /** The extension that the processor has. */
    public final Virt virt;

    /** The first processor's VMX; null where it has SVM. */
    public final Vmx vmx;

    /** The first processor's SVM; null where it has VMX. */
    public final Svm svm;

    /** Its processors are hypothetical ones, with agile paging. */
    final boolean agile;

    private final int guestAddressWidth;
    private final List<HostProcessor> processors = new ArrayList<>();
    private final AtomicBoolean kicked = new AtomicBoolean();
    private final HostAllocator pages;

    /** A virtual machine is there. */
    private boolean inUse;

    /**
     * A host.
     *
     * @param addressWidth of its physical memory, in bits; all of it is RAM
     * @param tlbs the TLBs to model and count, or null for {@code fast} fidelity
     */
    public HostMachine(HostConfiguration configuration, int addressWidth, TlbGeometry tlbs) {
        this(configuration, addressWidth, tlbs, false);
    }

    /**
     * A host whose processors may be hypothetical ones.
     *
     * @param addressWidth of its physical memory, in bits; all of it is RAM
     * @param tlbs the TLBs to model and count, or null for {@code fast} fidelity
     * @param agile they have agile paging, and addresses with room for its marks above the memory
     * @throws IllegalArgumentException where they cannot have that
     */
    public HostMachine(HostConfiguration configuration, int addressWidth, TlbGeometry tlbs, boolean agile) {
        this.configuration = configuration;
        this.agile = agile;
        guestAddressWidth = addressWidth;
        virt = configuration.virt();
        if (agile && virt != Virt.VMX) {
            throw new IllegalArgumentException("agile paging is modelled for VMX alone; take --virt vmx");
        }
        if (agile && !configuration.canHaveAgilePaging()) {
            throw new IllegalArgumentException(
                    "agile paging is built on EPT with flags, unrestricted guest, VPIDs and a 64-bit host, and "
                            + configuration.processor().name() + " under an "
                            + configuration.kernel().word + " kernel lacks one of them; take --host-cpu haswell");
        }
        memory = new PhysicalMemory(agile ? addressWidth + AgileSecondStage.EXTRA_BITS : addressWidth);
        long ram = 1L << configuration.kernel().addressBits(addressWidth);
        memory.mapRam(0, ram);
        pages = new HostAllocator(memory, ram);
        for (int n = 0; n < configuration.processors(); n++) {
            processors.add(new HostProcessor(n, configuration, memory, tlbs, kicked, agile));
        }
        HostProcessor first = processors.getFirst();
        cpu = first.cpu;
        vmx = first.vmx;
        svm = first.svm;
    }

    /** Its processors; the first of them turned the others on. */
    public List<HostProcessor> processors() {
        return processors;
    }

    /** The width of a guest's physical addresses: of its own memory, without what hypothetical processors mark addresses with. */
    public int guestAddressWidth() {
        return guestAddressWidth;
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

    /**
     * A virtual machine comes: it turns the extension on. KVM: {@code hardware_enable}.
     *
     * @param turnOn is told each processor, and a page for it
     * @throws KvmException.HostBusy where there is one already
     */
    public void use(ObjLongConsumer<HostProcessor> turnOn) {
        if (inUse) {
            throw new KvmException.HostBusy();
        }
        inUse = true;
        for (HostProcessor processor : processors) {
            processor.extensionPage = allocate(false);
            turnOn.accept(processor, processor.extensionPage);
        }
    }

    /** The virtual machine is gone: the extension is turned off. KVM: {@code hardware_disable}. */
    public void leave(Consumer<HostProcessor> turnOff) {
        inUse = false;
        for (HostProcessor processor : processors) {
            turnOff.accept(processor);
            free(processor.extensionPage);
        }
    }

    // ---- time ----

    /** Each instruction on its processors takes so many ticks; before there is a virtual machine. */
    public void instructionTime(long ticks) {
        processors.forEach(processor -> processor.cpu.instructionTime(ticks));
    }

    /**
     * Another processor's interrupt, from any thread: ends guest mode soon, and the run of a virtual CPU. KVM: {@code
     * kvm_vcpu_kick}, or a signal to its thread.
     */
    public void kick() {
        kicked.set(true);
        processors.forEach(processor -> processor.cpu.signal());
    }

    /** Whether {@link #kick} was called since this was asked last, or since the interrupt was dealt with. */
    boolean takeKick() {
        return kicked.get() && kicked.getAndSet(false);
    }
}
