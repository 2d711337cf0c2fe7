package org.thirdmode.benchmarks;

import java.util.Map;
import org.thirdmode.svm.exec.Svm;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.exec.Vmx;
import org.thirdmode.vmx.exec.VmxInstructions;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Segment;

/**
 * Puts what a processor runs into guest mode, as it stands: from the next instruction on the same program goes on as a guest
 * that leaves for nothing, with second-level paging that maps each address to itself. Needs no hypervisor in the image.
 */
final class GuestMode {
    // Where RAM is not used by the benchmark images.
    private static final long REGION = 0x700_0000;
    private static final long VMXON_REGION = REGION;
    private static final long CONTROL = REGION + 0x1000;
    private static final long HOST_SAVE = REGION + 0x2000;
    private static final long HOST_PML4 = REGION + 0x3000;
    private static final long HOST_PDPT = REGION + 0x4000;
    private static final long PML4 = REGION + 0x5000;
    private static final long PDPT = REGION + 0x6000;
    private static final long DIRECTORY = REGION + 0x7000;
    private static final long PAGE_TABLES = REGION + 0x10000;

    /** Mapped for the guest: all RAM. */
    private static final long SIZE = 128L << 20;

    private static final long LARGE = 2L << 20;
    private static final int LARGE_BIT = 1 << 7;
    private static final int MSR_VM_HSAVE_PA = 0xc001_0117;
    private static final int RIGHTS = 0x1_f0ff;

    private static final Map<Integer, String> SEGMENTS = Map.of(
            Segment.ES, "ES", Segment.CS, "CS", Segment.SS, "SS", Segment.DS, "DS", Segment.FS, "FS", Segment.GS, "GS");

    private final Processor cpu;
    private final PhysicalMemory memory;

    private GuestMode(Processor cpu) {
        this.cpu = cpu;
        memory = cpu.memory;
    }

    /**
     * Puts a processor into guest mode.
     *
     * @param pages "ept-4k", "ept-2m", "npt-4k" or "npt-2m"; "bare" does nothing
     */
    static void enter(Processor cpu, String pages) {
        GuestMode mode = new GuestMode(cpu);
        boolean large = pages.endsWith("2m");
        if (pages.startsWith("ept")) {
            // Read, write, execute; write-back where a page is mapped.
            mode.tables(large, 7, 7 | (6 << 3));
            mode.vmx();
        } else if (pages.startsWith("npt")) {
            // Present, writable, user.
            mode.tables(large, 7, 7);
            mode.svm();
        }
    }

    private void tables(boolean large, long table, long leaf) {
        memory.write(PML4, 8, PDPT | table);
        memory.write(PDPT, 8, DIRECTORY | table);
        for (long at = 0; at < SIZE; at += LARGE) {
            long pageTable = PAGE_TABLES + ((at / LARGE) << 12);
            memory.write(DIRECTORY + (at / LARGE) * 8, 8, large ? at | leaf | LARGE_BIT : pageTable | table);
            for (long n = 0; n < 512 && !large; n++) {
                memory.write(pageTable + n * 8, 8, (at + (n << 12)) | leaf);
            }
        }
    }

    /** A host in 64-bit mode; it never runs. */
    private void host(long cr4, long efer) {
        memory.write(HOST_PML4, 8, HOST_PDPT | 7);
        memory.write(HOST_PDPT, 8, 0xe7);
        CpuState state = cpu.state;
        state.cr3 = HOST_PML4;
        state.cr4 = Cr4.PAE | cr4;
        state.efer = Efer.LME | Efer.LMA | efer;
        state.cr0 = Cr0.PE | Cr0.PG | Cr0.ET | Cr0.NE;
        state.segments[Segment.CS].set(0x08, 0, 0xffff_ffffL, 0xa09b);
        state.cpl = 0;
        cpu.modeChanged();
    }

    // ---- VMX ----

    private void vmx() {
        VmxCapabilities can = VmxCapabilities.of(cpu.profile);
        Vmx extension = new Vmx(cpu, can);
        cpu.extend(extension);
        VmxInstructions vmx = extension.instructions;
        memory.write(VMXON_REGION, 4, Vmcs.REVISION);
        memory.write(CONTROL, 4, Vmcs.REVISION);
        require(vmx.vmxon(VMXON_REGION));
        require(vmx.vmclear(CONTROL));
        require(vmx.vmptrld(CONTROL));
        guestState(extension.currentVmcs());
        host(Cr4.VMXE, 0);
        controls(extension.currentVmcs(), can);
        hostState(extension.currentVmcs());
        require(vmx.vmlaunch());
        if (!cpu.guestMode) {
            throw new IllegalStateException("the entry failed: " + extension.exit());
        }
    }

    private static void require(int result) {
        if (result != VmxInstructions.SUCCEED) {
            throw new IllegalStateException("VMX instruction failed: " + result);
        }
    }

    private static void controls(Vmcs vmcs, VmxCapabilities can) {
        vmcs.write(VmcsField.PIN_BASED_CONTROLS, can.pinBasedMustBeOne);
        vmcs.write(
                VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS,
                can.primaryMustBeOne | PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS.mask);
        vmcs.write(
                VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS,
                SecondaryProcessorBased.ENABLE_EPT.mask | SecondaryProcessorBased.ENABLE_VPID.mask);
        vmcs.write(VmcsField.PRIMARY_EXIT_CONTROLS, can.exitMustBeOne | ExitControls.HOST_ADDRESS_SPACE_SIZE.mask);
        boolean ia32e = (vmcs.read(VmcsField.GUEST_IA32_EFER) & Efer.LMA) != 0;
        vmcs.write(VmcsField.ENTRY_CONTROLS, can.entryMustBeOne | (ia32e ? EntryControls.IA_32E_MODE_GUEST.mask : 0));
        vmcs.write(VmcsField.VMCS_LINK_POINTER, -1);
        vmcs.write(VmcsField.VPID, 1);
        vmcs.write(VmcsField.EPT_POINTER, PML4 | 6 | (3 << 3));
    }

    private void hostState(Vmcs vmcs) {
        vmcs.write(VmcsField.HOST_CR0, cpu.state.cr0);
        vmcs.write(VmcsField.HOST_CR3, cpu.state.cr3);
        vmcs.write(VmcsField.HOST_CR4, cpu.state.cr4);
        vmcs.write(VmcsField.HOST_CS_SELECTOR, 0x08);
        vmcs.write(VmcsField.HOST_TR_SELECTOR, 0x18);
    }

    private void guestState(Vmcs vmcs) {
        CpuState state = cpu.state;
        vmcs.write(VmcsField.GUEST_CR0, state.cr0 | Cr0.NE);
        vmcs.write(VmcsField.GUEST_CR3, state.cr3);
        vmcs.write(VmcsField.GUEST_CR4, state.cr4 | Cr4.VMXE);
        vmcs.write(VmcsField.GUEST_IA32_EFER, state.efer);
        SEGMENTS.forEach((index, name) -> {
            Segment segment = state.segments[index];
            vmcs.write(VmcsField.valueOf("GUEST_" + name + "_SELECTOR"), segment.selector);
            vmcs.write(VmcsField.valueOf("GUEST_" + name + "_BASE"), segment.base);
            vmcs.write(VmcsField.valueOf("GUEST_" + name + "_LIMIT"), segment.limit);
            vmcs.write(VmcsField.valueOf("GUEST_" + name + "_ACCESS_RIGHTS"), segment.attributes & RIGHTS);
        });
        vmcs.write(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, Segment.UNUSABLE);
        vmcs.write(VmcsField.GUEST_TR_LIMIT, 0x67);
        vmcs.write(VmcsField.GUEST_TR_ACCESS_RIGHTS, 0x8b);
        vmcs.write(VmcsField.GUEST_GDTR_BASE, state.gdtrBase);
        vmcs.write(VmcsField.GUEST_GDTR_LIMIT, state.gdtrLimit);
        vmcs.write(VmcsField.GUEST_IDTR_BASE, state.idtrBase);
        vmcs.write(VmcsField.GUEST_IDTR_LIMIT, state.idtrLimit);
        vmcs.write(VmcsField.GUEST_DR7, 0x400);
        vmcs.write(VmcsField.GUEST_RFLAGS, state.rflags());
        vmcs.write(VmcsField.GUEST_RIP, state.rip);
        vmcs.write(VmcsField.GUEST_RSP, state.r[CpuState.RSP]);
    }

    // ---- SVM ----

    private void svm() {
        Svm extension = new Svm(cpu);
        cpu.extend(extension);
        Vmcb vmcb = new Vmcb(memory).at(CONTROL);
        vmcb.set(VmcbField.INTERCEPT_MISC2, InterceptTable.VMRUN);
        vmcb.set(VmcbField.GUEST_ASID, 1);
        vmcb.set(VmcbField.NESTED_CONTROL, 1);
        vmcb.set(VmcbField.N_CR3, PML4);
        vmcb.set(VmcbField.G_PAT, cpu.system.msrs.pat);
        CpuState state = cpu.state;
        for (String name : new String[] {"ES", "CS", "SS", "DS"}) {
            VmcbField selector = VmcbField.valueOf(name + "_SELECTOR");
            Segment segment = state.segments[index(name)];
            int attributes = segment.attributes;
            vmcb.set(selector, segment.selector);
            vmcb.set(selector.next(1), (attributes & 0xff) | ((attributes >>> 4) & 0xf00));
            vmcb.set(selector.next(2), segment.limit);
            vmcb.set(selector.next(3), segment.base);
        }
        vmcb.set(VmcbField.GDTR_BASE, state.gdtrBase);
        vmcb.set(VmcbField.GDTR_LIMIT, state.gdtrLimit);
        vmcb.set(VmcbField.IDTR_BASE, state.idtrBase);
        vmcb.set(VmcbField.IDTR_LIMIT, state.idtrLimit);
        vmcb.set(VmcbField.CPL, state.cpl);
        vmcb.set(VmcbField.EFER, state.efer | Efer.SVME);
        vmcb.set(VmcbField.CR0, state.cr0);
        vmcb.set(VmcbField.CR3, state.cr3);
        vmcb.set(VmcbField.CR4, state.cr4);
        vmcb.set(VmcbField.DR6, 0xffff_0ff0L);
        vmcb.set(VmcbField.DR7, 0x400);
        vmcb.set(VmcbField.RFLAGS, state.rflags());
        vmcb.set(VmcbField.RIP, state.rip);
        vmcb.set(VmcbField.RSP, state.r[CpuState.RSP]);
        vmcb.set(VmcbField.RAX, state.r[CpuState.RAX]);
        host(0, Efer.SVME);
        cpu.system.msrs.write(MSR_VM_HSAVE_PA, HOST_SAVE);
        extension.vmrun(CONTROL);
        if (!cpu.guestMode) {
            throw new IllegalStateException("VMRUN failed: " + extension.lastFailing());
        }
    }

    private static int index(String name) {
        return SEGMENTS.entrySet().stream()
                .filter(entry -> entry.getValue().equals(name))
                .findFirst()
                .orElseThrow()
                .getKey();
    }
}
