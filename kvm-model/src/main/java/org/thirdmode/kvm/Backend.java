package org.thirdmode.kvm;

import java.util.List;
import java.util.Map;
import org.thirdmode.kvm.mmu.TdpHardware;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.TlbControl;

/** The extension that runs a virtual CPU. What the rest of the hypervisor sees of a VMCS or a VMCB. */
public interface Backend extends TlbControl {
    /** What the processor's second dimension can do, and in which format; null where the guest has shadow tables. */
    TdpHardware secondDimension();

    /** Flush requests for linear addresses, which leave what is known of guest-physical ones. */
    default TlbControl linear() {
        return this;
    }

    /** The MMU whose tables the hardware walks; before anything else. */
    void mmu(GuestMmu guestMmu);

    /**
     * From now on it runs on another processor; nothing of it is left on the one that it leaves. KVM: {@code
     * vmx_vcpu_load}, {@code svm_vcpu_load}.
     */
    void load(HostProcessor processor);

    /** Brings the guest's registers from the hardware to the guest processor; cheap where they are there. */
    default void fetchRegisters() {
        fetchRegisters(RegisterGroup.ALL);
    }

    /** As {@link #fetchRegisters()}, of some groups of {@link RegisterGroup}: what is there already stays as it is. */
    void fetchRegisters(int groups);

    /** The guest processor's registers have changed, as far as they were fetched: the next entry loads them. */
    void registersChanged();

    /** Whether the processor can run the guest with the registers that it has. */
    boolean canRun();

    /** Whether an entry can deliver events to the guest as it is: where not, the hypervisor delivers them itself. */
    default boolean canInject() {
        return true;
    }

    /** Whether the processor keeps book of the guest's NMIs: where not, the hypervisor delivers them itself. */
    default boolean canInjectNmi() {
        return true;
    }

    /** What the hypervisor needs for itself in the guest's memory. */
    default List<PrivateRegion> privateRegions() {
        return List.of();
    }

    /** Whether the guest would take an external interrupt now: RFLAGS.IF, and no interrupt shadow. */
    boolean interruptAllowed();

    /** Whether the guest would take an NMI now. */
    boolean nmiAllowed();

    /** Asks for an exit as soon as the guest can take an interrupt. */
    void requestInterruptWindow(boolean wanted);

    /** Asks for an exit as soon as the guest can take an NMI. */
    void requestNmiWindow(boolean wanted);

    /**
     * Lets the guest run until it exits. Null where it did; else why it could not be entered.
     *
     * @param ticks the guest's time
     */
    KvmExit.FailEntry enter(long ticks);

    /**
     * Handles the exit that ended {@link #enter}: an exit handler a reason.
     *
     * @return what user space has to do, or null where the guest can go on
     */
    KvmExit handleExit(GuestExecution execution);

    /**
     * Whether the guest's FPU is in the processor: while its CR0.TS is set, its first use of one comes as an exception of its
     * own. KVM: {@code vcpu->fpu_active}.
     */
    boolean fpuActive();

    /** What {@link #load} did, by name, and how often. */
    Map<String, Long> loads();

    /** What the hardware walks for the guest. */
    HardwareTables hardwareTables();

    /** Whether translations of the guest are tagged as such, so that they outlive an exit: by a VPID or an ASID. */
    boolean tagsTranslations();

    /** What exits made the hypervisor do, by reason in the manual's words. */
    ExitLedger ledger();

    /** The control structure goes. */
    void destroy();
}
