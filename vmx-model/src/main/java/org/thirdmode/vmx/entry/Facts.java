package org.thirdmode.vmx.entry;

import java.util.LinkedHashSet;
import java.util.Set;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryExitControls;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.TertiaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.Efer;

/**
 * What the checks of a VM entry look at: the VMCS, the processor's capabilities, and the processor at VMLAUNCH or VMRESUME.
 *
 * <p>One object serves two. A processor points it at the region of its current VMCS ({@link #look}) and runs the checks:
 * reads are loads from that region, nothing is allocated. A person's VMCS, of which not everything is known, is looked at
 * through a {@link VmcsView}: a check that reads what is not known cannot be decided ({@link #unknown}).
 */
public final class Facts {
    /** Nothing answers at the region: as a bus, all ones. */
    private static final byte[] NO_MEMORY = ones();

    final VmxCapabilities capabilities;
    private final PhysicalMemory memory;

    /** Bits that no physical address has. */
    final long beyondPhysical;

    /** The width of linear addresses, and the bits of IA32_EFER that the processor has. */
    final int linearWidth;

    final long eferBits;

    private byte[] bytes = NO_MEMORY;
    private long current = Vmcs.NO_VMCS;
    private boolean longMode;
    private boolean longModeKnown = true;

    // What a VmcsView does not tell.
    private VmcsView view;
    private Set<String> unknown;

    // The entry of an MSR-load area.
    private long msr;
    private boolean msrAllowed = true;

    private static byte[] ones() {
        byte[] ones = new byte[Vmcs.SIZE];
        java.util.Arrays.fill(ones, (byte) -1);
        return ones;
    }

    /** Facts of a processor with {@code memory}. */
    public Facts(VmxCapabilities capabilities, PhysicalMemory memory) {
        this(capabilities, memory, memory.addressWidth());
    }

    /** Facts of a processor whose memory is not known, with physical addresses of that many bits. */
    public Facts(VmxCapabilities capabilities, int physicalAddressWidth) {
        this(capabilities, null, physicalAddressWidth);
    }

    private Facts(VmxCapabilities capabilities, PhysicalMemory memory, int physicalAddressWidth) {
        this.capabilities = capabilities;
        this.memory = memory;
        beyondPhysical = -1L << physicalAddressWidth;
        linearWidth = capabilities.processor.linearAddressWidth();
        eferBits = Efer.SCE
                | (capabilities.processor.has(Feature.LM) ? Efer.LME | Efer.LMA : 0)
                | (capabilities.processor.has(Feature.NX) ? Efer.NXE : 0);
    }

    /**
     * Looks at a region.
     *
     * @param vmcs the current VMCS
     * @param hostInLongMode IA32_EFER.LMA at VMLAUNCH or VMRESUME
     */
    public Facts look(Vmcs vmcs, boolean hostInLongMode) {
        byte[] region = vmcs.bytes();
        bytes = region == null ? NO_MEMORY : region;
        current = vmcs.address();
        longMode = hostInLongMode;
        longModeKnown = true;
        view = null;
        unknown = null;
        return this;
    }

    /**
     * Looks at what is known of a VMCS.
     *
     * @param hostInLongMode IA32_EFER.LMA at VMLAUNCH or VMRESUME; null where that is not known
     */
    public Facts look(VmcsView known, Boolean hostInLongMode) {
        bytes = known.bytes;
        current = Vmcs.NO_VMCS;
        longModeKnown = hostInLongMode != null;
        longMode = longModeKnown && hostInLongMode;
        view = known;
        unknown = new LinkedHashSet<>();
        return this;
    }

    /**
     * The entry of an MSR-load area that the checks of {@link Section#MSR_LOADING} look at.
     *
     * @param firstEightBytes the MSR's index, and bits that are reserved
     * @param writable whether WRMSR of the value at CPL 0 would not fault
     */
    public Facts loading(long firstEightBytes, boolean writable) {
        msr = firstEightBytes;
        msrAllowed = writable;
        return this;
    }

    /** What was read and is not known since the last {@link #clearUnknown}. Only for a {@link VmcsView}. */
    Set<String> unknown() {
        return unknown;
    }

    void clearUnknown() {
        unknown.clear();
    }

    /** What of the VMCS is known; null for a region. */
    VmcsView view() {
        return view;
    }

    /** The bytes of the region; only to be compared. */
    byte[] region() {
        return bytes;
    }

    private void note(VmcsField field) {
        if (!view.knows(field)) {
            unknown.add(field.name());
        }
    }

    // ---- the VMCS ----

    long get(VmcsField field) {
        if (view != null) {
            note(field);
        }
        return (long) Frame.LONG.get(bytes, field.offset) & field.mask;
    }

    long pinBased() {
        return get(VmcsField.PIN_BASED_CONTROLS);
    }

    long primary() {
        return get(VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS);
    }

    /** The secondary controls: all 0 while they are not activated. */
    long secondary() {
        return (primary() & PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS.mask) == 0
                ? 0
                : get(VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS);
    }

    long tertiary() {
        return (primary() & PrimaryProcessorBased.ACTIVATE_TERTIARY_CONTROLS.mask) == 0
                ? 0
                : get(VmcsField.TERTIARY_PROCESSOR_BASED_CONTROLS);
    }

    long exit() {
        return get(VmcsField.PRIMARY_EXIT_CONTROLS);
    }

    long secondaryExit() {
        return (exit() & ExitControls.ACTIVATE_SECONDARY_CONTROLS.mask) == 0
                ? 0
                : get(VmcsField.SECONDARY_EXIT_CONTROLS);
    }

    long entry() {
        return get(VmcsField.ENTRY_CONTROLS);
    }

    boolean is(PinBased control) {
        return (pinBased() & control.mask) != 0;
    }

    boolean is(PrimaryProcessorBased control) {
        return (primary() & control.mask) != 0;
    }

    boolean is(SecondaryProcessorBased control) {
        return (secondary() & control.mask) != 0;
    }

    boolean is(TertiaryProcessorBased control) {
        return (tertiary() & control.mask) != 0;
    }

    boolean is(ExitControls control) {
        return (exit() & control.mask) != 0;
    }

    boolean is(SecondaryExitControls control) {
        return (secondaryExit() & control.mask) != 0;
    }

    boolean is(EntryControls control) {
        return (entry() & control.mask) != 0;
    }

    // ---- addresses ----

    /** Whether a field holds a physical address with {@code low} bits clear. */
    boolean isPhysical(VmcsField field, long low) {
        return (get(field) & (low | beyondPhysical)) == 0;
    }

    /** The value of a field with the bits cleared that a physical address with {@code low} bits clear does not have. */
    long physical(VmcsField field, long low) {
        return get(field) & ~(low | beyondPhysical);
    }

    /** Whether an address is in canonical form. SDM 1 "Canonical Addressing". */
    boolean isCanonical(long address) {
        return canonical(address) == address;
    }

    long canonical(long address) {
        int unused = Long.SIZE - linearWidth;
        return linearWidth == Integer.SIZE ? address & 0xffff_ffffL : (address << unused) >> unused;
    }

    // ---- the processor ----

    /** IA32_EFER.LMA at the VM entry. */
    boolean hostInLongMode() {
        if (!longModeKnown) {
            unknown.add("IA32_EFER.LMA at VM entry");
        }
        return longMode;
    }

    /** The address of the current VMCS. */
    long currentVmcs() {
        if (view != null) {
            unknown.add("the address of the current VMCS");
        }
        return current;
    }

    /** Reads memory, little-endian; 0 where it is not known. */
    long memory(long address, int size, String what) {
        if (memory == null) {
            unknown.add(what);
            return 0;
        }
        return memory.read(address, size);
    }

    /** The first eight bytes of an entry of an MSR-load area. */
    long msrEntry() {
        return msr;
    }

    boolean msrIsWritable() {
        return msrAllowed;
    }
}
