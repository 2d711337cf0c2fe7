package org.thirdmode.kvm;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.shadow.GuestMmu;
import org.thirdmode.shadow.MemorySlot;
import org.thirdmode.shadow.MemorySlots;
import org.thirdmode.x86.bus.LocalApicPort;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.profile.CpuProfile;

/** A virtual machine: its memory slots and its virtual CPU. KVM: the file descriptor that KVM_CREATE_VM returns. */
public final class Vm implements MemorySlots {
    private final HostMachine host;
    private final List<Slot> slots = new ArrayList<>();

    /** The hypervisor's own, behind all that user space has put there. */
    private final List<Slot> privateSlots = new ArrayList<>();

    private Slot last;
    private Vcpu vcpu;
    private boolean destroyed;

    public Vm(HostMachine host) {
        this.host = host;
    }

    HostMachine host() {
        return host;
    }

    /** What a memory slot can be: KVM's flags. */
    public enum SlotFlag {
        /** KVM_MEM_READONLY: a write goes to user space. */
        READ_ONLY,
        /** KVM_MEM_LOG_DIRTY_PAGES: what is written is recorded. */
        LOG_DIRTY_PAGES
    }

    /**
     * KVM_SET_USER_MEMORY_REGION: a slot is user space's memory, so that the slot can change and its content stays. (The
     * kernel of 2.6.20 allocated it: KVM_SET_MEMORY_REGION.)
     *
     * @param number of the slot; one of the same number is replaced, by nothing where {@code size} is 0
     * @param guestPhysical where it begins, a multiple of 4096
     * @param size in bytes, a multiple of 4096
     * @param offset where in {@code memory} it begins, a multiple of 4096
     * @throws KvmException where it is misaligned, beyond the address width or overlaps another slot; nothing has changed
     */
    public void setUserMemoryRegion(
            int number, Set<SlotFlag> flags, long guestPhysical, long size, UserMemory memory, long offset) {
        check(number, guestPhysical, size, offset);
        Slot made = new Slot(
                number,
                guestPhysical >>> 12,
                size >>> 12,
                flags.contains(SlotFlag.READ_ONLY),
                flags.contains(SlotFlag.LOG_DIRTY_PAGES),
                memory,
                offset);
        for (Slot slot : List.copyOf(slots)) {
            if (slot.number == number) {
                if (slot.sameMemory(made)) {
                    changeLog(slot, made.logsDirty());
                    return;
                }
                remove(slot);
            }
        }
        if (size != 0) {
            slots.add(made);
            if (vcpu != null) {
                vcpu.mmu().slotsChanged();
            }
        }
    }

    /** Only the flag has changed: what is mapped stays. */
    private void changeLog(Slot slot, boolean on) {
        if (slot.logsDirty() == on) {
            return;
        }
        if (vcpu != null) {
            // What the processor has written down until now is not of this log.
            vcpu.mmu().harvestDirty();
        }
        slot.logDirty(on);
        if (vcpu != null && on) {
            vcpu.mmu().slotRemoveWriteAccess(slot);
        } else if (vcpu != null) {
            vcpu.mmu().dirtyLogEnded(slot);
        }
    }

    /** Takes a slot away. */
    public void removeMemoryRegion(int number) {
        setUserMemoryRegion(number, Set.of(), 0, 0, null, 0);
    }

    private void check(int number, long guestPhysical, long size, long offset) {
        alive();
        String what = String.format("memory slot %d at 0x%x, 0x%x bytes", number, guestPhysical, size);
        if (((guestPhysical | size | offset) & (Frame.SIZE - 1)) != 0 || offset < 0) {
            throw new KvmException.MisalignedSlot(what);
        }
        int width = host.guestAddressWidth();
        long end = guestPhysical + size;
        if (guestPhysical < 0 || size < 0 || end < 0 || end > 1L << width || size >>> 12 > Integer.MAX_VALUE) {
            throw new KvmException.SlotBeyondAddressWidth(what, width);
        }
        for (Slot slot : slots) {
            if (slot.number != number && size != 0 && slot.overlaps(guestPhysical, size)) {
                throw new KvmException.OverlappingSlots(what, slot.number);
            }
        }
        for (Slot slot : privateSlots) {
            if (size != 0 && slot.overlaps(guestPhysical, size)) {
                throw new KvmException.OverlappingPrivateSlot(what);
            }
        }
    }

    /** Every call but {@link #destroy} needs a virtual machine that is there. */
    void alive() {
        if (destroyed) {
            throw new KvmException.VmDestroyed();
        }
    }

    private void remove(Slot slot) {
        if (vcpu != null) {
            GuestMmu mmu = vcpu.mmu();
            mmu.zapSlot(slot);
        }
        slots.remove(slot);
        last = null;
    }

    /**
     * A slot of the hypervisor's own; it stays as long as the virtual machine. KVM_SET_TSS_ADDR, KVM_SET_IDENTITY_MAP_ADDR.
     *
     * @throws KvmException.OverlappingPrivateSlot where user space has put memory there
     */
    void addPrivateRegion(PrivateRegion region) {
        for (Slot slot : slots) {
            if (slot.overlaps(region.guestPhysical(), region.pages() << 12)) {
                throw new KvmException.OverlappingPrivateSlot(slot.toString());
            }
        }
        privateSlots.add(new Slot(-1, region.guestPhysical() >>> 12, region.pages(), true, false, region.memory(), 0));
    }

    /** KVM_GET_DIRTY_LOG: what was written since it was last asked. Bit i is the i-th frame of the slot. */
    public BitSet dirtyLog(int number) {
        alive();
        for (Slot slot : slots) {
            if (slot.number == number && slot.logsDirty()) {
                vcpu.mmu().harvestDirty();
                BitSet log = slot.takeDirtyLog();
                vcpu.mmu().slotRemoveWriteAccess(slot);
                return log;
            }
        }
        throw new KvmException.NoSuchSlot(number);
    }

    /**
     * User space has written guest memory by itself, as for a device that is a bus master: its log and its tables follow.
     * (KVM is not told: QEMU keeps a dirty log of its own, and no guest lets a device write to page tables that are in use.)
     *
     * @param count of bytes, within one frame
     */
    public void written(long guestPhysical, int count) {
        MemorySlot slot = find(guestPhysical >>> 12);
        if (slot == null) {
            return;
        }
        slot.markDirty(guestPhysical >>> 12);
        if (vcpu != null) {
            vcpu.mmu().pteWrite(guestPhysical, count);
        }
    }

    @Override
    public MemorySlot find(long gfn) {
        Slot recent = last;
        if (recent != null && recent.contains(gfn)) {
            return recent;
        }
        for (Slot slot : slots) {
            if (slot.contains(gfn)) {
                last = slot;
                return slot;
            }
        }
        for (Slot slot : privateSlots) {
            if (slot.contains(gfn)) {
                return slot;
            }
        }
        return null;
    }

    /**
     * KVM_CREATE_VCPU.
     *
     * @param profile what the guest's CPUID says
     * @param apic the local APIC, which is user space's
     * @throws IllegalArgumentException where the host's processor lacks something that the profile has
     */
    public Vcpu createVcpu(CpuProfile profile, LocalApicPort apic, MmuKind mmu) {
        alive();
        if (vcpu != null) {
            throw new KvmException.VcpuExists();
        }
        CpuProfile told = host.configuration.told(profile);
        host.configuration.require(told);
        vcpu = new Vcpu(this, told, apic, mmu);
        return vcpu;
    }

    /**
     * The virtual machine goes: every host page of its own comes back. The memory behind its slots is user space's. Once more
     * does nothing.
     *
     * @throws KvmException.VcpuBusy where another thread runs its virtual CPU
     */
    public void destroy() {
        if (destroyed) {
            return;
        }
        if (vcpu != null) {
            vcpu.idle();
        }
        List.copyOf(slots).forEach(this::remove);
        if (vcpu != null) {
            vcpu.destroy();
        }
        destroyed = true;
    }
}
