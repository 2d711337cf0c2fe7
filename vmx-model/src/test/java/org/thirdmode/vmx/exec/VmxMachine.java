package org.thirdmode.vmx.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HexFormat;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.vmcs.ControlBit;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.bus.PortBus;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.profile.CpuProfile;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.time.GuestClock;

/**
 * A processor with VMX and 4 MBytes of memory, in 64-bit mode at privilege level 0, and a VMCS whose guest is in the same
 * mode. A test runs a few bytes of machine code in the guest and reads off how it was left.
 *
 * <pre>
 *   1000H GDT   2000H IDT (handler of vector v: HLT at 30000H + 16 v)   3000H TSS
 *   4000H VMXON region   5000H VMCS   6000H another VMCS   7000H, 8000H, 9000H, A000H free pages
 *   10000H host code   20000H guest code   40000H host stack   50000H guest stack   3FD000H page tables
 * </pre>
 */
final class VmxMachine {
    static final int GDT = 0x1000;
    static final int IDT = 0x2000;
    static final int TSS = 0x3000;
    static final long VMXON_REGION = 0x4000;
    static final long VMCS = 0x5000;
    static final long OTHER_VMCS = 0x6000;
    static final long PAGE_A = 0x7000;
    static final long PAGE_B = 0x8000;
    static final long PAGE_C = 0x9000;
    static final long PAGE_D = 0xa000;
    static final long HOST_CODE = 0x10000;
    static final long GUEST_CODE = 0x20000;
    static final long HANDLERS = 0x30000;
    static final long HOST_STACK = 0x40000;
    static final long GUEST_STACK = 0x50000;
    static final long PML4 = 0x3fd000;

    static final int CODE_SELECTOR = 0x08;
    static final int DATA_SELECTOR = 0x10;
    static final int TSS_SELECTOR = 0x18;

    static final int CODE_RIGHTS = 0xa09b;
    static final int DATA_RIGHTS = 0xc093;
    static final int BUSY_TSS = 0x8b;

    private static final long RAM = 4 << 20;

    final TestApic apic = new TestApic();
    final Processor cpu;
    final CpuState state;
    final Vmx vmx;
    final VmxInstructions vmxInstructions;

    VmxMachine() {
        this(CpuProfile.GENERIC);
    }

    VmxMachine(CpuProfile profile) {
        PhysicalMemory memory = new PhysicalMemory(40);
        memory.mapRam(0, RAM);
        cpu = new Processor(memory, PortBus.EMPTY, apic, new GuestClock(), profile);
        state = cpu.state;
        vmx = new Vmx(cpu, VmxCapabilities.of(profile));
        cpu.extend(vmx);
        vmxInstructions = vmx.instructions;
        tables();
        longMode();
    }

    private void tables() {
        PhysicalMemory memory = cpu.memory;
        memory.write(PML4, 8, (PML4 + 0x1000) | 7);
        memory.write(PML4 + 0x1000, 8, (PML4 + 0x2000) | 7);
        memory.write(PML4 + 0x2000, 8, 0xe7);
        memory.write(PML4 + 0x2008, 8, 0x200000 | 0xe7);
        memory.write(GDT + CODE_SELECTOR, 8, 0x00af_9b00_0000_ffffL);
        memory.write(GDT + DATA_SELECTOR, 8, 0x00cf_9300_0000_ffffL);
        memory.write(GDT + TSS_SELECTOR, 8, 0x0000_8b00_0000_0067L | ((long) TSS << 16));
        for (int vector = 0; vector < 256; vector++) {
            long handler = HANDLERS + 16L * vector;
            long gate = (handler & 0xffff) | (CODE_SELECTOR << 16) | (0x8e00L << 32) | ((handler >>> 16) << 48);
            memory.write(IDT + 16L * vector, 8, gate);
            memory.write(handler, 1, 0xf4);
        }
        memory.write(VMXON_REGION, 4, Vmcs.REVISION);
        memory.write(VMCS, 4, Vmcs.REVISION);
        memory.write(OTHER_VMCS, 4, Vmcs.REVISION);
    }

    private void longMode() {
        state.cr3 = PML4;
        state.cr4 = Cr4.PAE | Cr4.VMXE;
        state.efer = Efer.LME | Efer.LMA | Efer.NXE;
        state.cr0 = Cr0.PE | Cr0.PG | Cr0.ET | Cr0.NE;
        for (Segment segment : state.segments) {
            segment.set(DATA_SELECTOR, 0, 0xffff_ffffL, DATA_RIGHTS);
        }
        state.segments[Segment.CS].set(CODE_SELECTOR, 0, 0xffff_ffffL, CODE_RIGHTS);
        state.tr.set(TSS_SELECTOR, TSS, 0x67, BUSY_TSS);
        state.ldtr.set(0, 0, 0, Segment.UNUSABLE);
        state.gdtrBase = GDT;
        state.gdtrLimit = 0xffff;
        state.idtrBase = IDT;
        state.idtrLimit = 0xfff;
        state.r[CpuState.RSP] = HOST_STACK;
        state.rip = HOST_CODE;
        cpu.system.msrs.featureControl = 5;
        cpu.modeChanged();
    }

    // ---- setting up ----

    /** In VMX operation, no current VMCS. */
    VmxMachine inOperation() {
        assertEquals(VmxInstructions.SUCCEED, vmxInstructions.vmxon(VMXON_REGION));
        return this;
    }

    /** In VMX operation with a valid VMCS, clear and current; exits are handed over. */
    VmxMachine withVmcs() {
        inOperation();
        assertEquals(VmxInstructions.SUCCEED, vmxInstructions.vmclear(VMCS));
        assertEquals(VmxInstructions.SUCCEED, vmxInstructions.vmptrld(VMCS));
        controls();
        hostState();
        guestState();
        vmx.handOverExits(true);
        return this;
    }

    private void controls() {
        VmxCapabilities can = vmx.capabilities;
        put(VmcsField.PIN_BASED_CONTROLS, can.pinBasedMustBeOne);
        put(VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS, can.primaryMustBeOne & ~0x18000L);
        put(VmcsField.PRIMARY_EXIT_CONTROLS, can.exitMustBeOne | 0x200);
        put(VmcsField.ENTRY_CONTROLS, can.entryMustBeOne | 0x200);
        put(VmcsField.VMCS_LINK_POINTER, -1);
    }

    private void hostState() {
        put(VmcsField.HOST_CR0, state.cr0);
        put(VmcsField.HOST_CR3, state.cr3);
        put(VmcsField.HOST_CR4, state.cr4);
        for (int n = 0; n < 6; n++) {
            put(VmcsField.byEncoding(0x0c00 + 2L * n), n == Segment.CS ? CODE_SELECTOR : DATA_SELECTOR);
        }
        put(VmcsField.HOST_TR_SELECTOR, TSS_SELECTOR);
        put(VmcsField.HOST_TR_BASE, TSS);
        put(VmcsField.HOST_GDTR_BASE, GDT);
        put(VmcsField.HOST_IDTR_BASE, IDT);
        put(VmcsField.HOST_RSP, HOST_STACK);
        put(VmcsField.HOST_RIP, HOST_CODE);
    }

    private void guestState() {
        put(VmcsField.GUEST_CR0, state.cr0);
        put(VmcsField.GUEST_CR3, state.cr3);
        put(VmcsField.GUEST_CR4, state.cr4);
        for (int n = 0; n < 6; n++) {
            put(VmcsField.byEncoding(0x0800 + 2L * n), n == Segment.CS ? CODE_SELECTOR : DATA_SELECTOR);
            put(VmcsField.byEncoding(0x4800 + 2L * n), 0xffff_ffffL);
            put(VmcsField.byEncoding(0x4814 + 2L * n), n == Segment.CS ? CODE_RIGHTS : DATA_RIGHTS);
        }
        put(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, Segment.UNUSABLE);
        put(VmcsField.GUEST_TR_SELECTOR, TSS_SELECTOR);
        put(VmcsField.GUEST_TR_BASE, TSS);
        put(VmcsField.GUEST_TR_LIMIT, 0x67);
        put(VmcsField.GUEST_TR_ACCESS_RIGHTS, BUSY_TSS);
        put(VmcsField.GUEST_GDTR_BASE, GDT);
        put(VmcsField.GUEST_GDTR_LIMIT, 0xffff);
        put(VmcsField.GUEST_IDTR_BASE, IDT);
        put(VmcsField.GUEST_IDTR_LIMIT, 0xfff);
        put(VmcsField.GUEST_DR7, 0x400);
        put(VmcsField.GUEST_RFLAGS, 2);
        put(VmcsField.GUEST_RSP, GUEST_STACK);
        put(VmcsField.GUEST_RIP, GUEST_CODE);
    }

    VmxMachine put(VmcsField field, long value) {
        assertEquals(VmxInstructions.SUCCEED, vmxInstructions.vmwrite(field.encoding, value), field::name);
        return this;
    }

    long get(VmcsField field) {
        assertEquals(VmxInstructions.SUCCEED, vmxInstructions.vmread(field.encoding), field::name);
        return vmxInstructions.read();
    }

    /** Sets controls, with what activates them. */
    VmxMachine on(ControlBit... controls) {
        for (ControlBit control : controls) {
            if (control instanceof SecondaryProcessorBased) {
                on(PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS);
            }
            put(control.field(), get(control.field()) | control.mask());
        }
        return this;
    }

    VmxMachine off(ControlBit control) {
        return put(control.field(), get(control.field()) & ~control.mask());
    }

    // ---- running ----

    VmxMachine load(long address, String hex) {
        cpu.memory.load(address, HexFormat.of().parseHex(hex.replace(" ", "")));
        return this;
    }

    /** Puts code into the guest, enters it by VMLAUNCH and runs until it is left. */
    VmExit launch(String guestCode) {
        load(GUEST_CODE, guestCode);
        assertEquals(VmxInstructions.SUCCEED, vmxInstructions.vmlaunch());
        return run();
    }

    /** Goes on with the guest, behind the instruction that left it. */
    VmExit resumeBehind() {
        put(VmcsField.GUEST_RIP, get(VmcsField.GUEST_RIP) + get(VmcsField.VM_EXIT_INSTRUCTION_LENGTH));
        return resume();
    }

    VmExit resume() {
        assertEquals(VmxInstructions.SUCCEED, vmxInstructions.vmresume());
        return run();
    }

    VmExit run() {
        cpu.run(cpu.now() + 100_000);
        if (cpu.guestMode) {
            throw new AssertionError("the guest still runs at " + Long.toHexString(state.rip));
        }
        return vmx.exit();
    }

    /** Puts code into the host and runs it until HLT; the processor is in the state that {@link #longMode} sets up. */
    VmxMachine host(String code) {
        load(HOST_CODE, code);
        state.rip = HOST_CODE;
        return hostOn();
    }

    VmxMachine hostOn() {
        cpu.activity = Processor.Activity.ACTIVE;
        cpu.run(cpu.now() + 100_000);
        return this;
    }

    /** The vector whose handler the host has halted in; -1 for none. */
    int vector() {
        long handler = state.rip - 1 - HANDLERS;
        return handler >= 0 && handler < 0x1000 ? (int) (handler >>> 4) : -1;
    }

    long register(int number) {
        return state.r[number];
    }
}
