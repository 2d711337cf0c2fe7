package org.thirdmode.benchmarks;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.thirdmode.vmx.capability.VmxCapabilities;
import org.thirdmode.vmx.exec.Vmx;
import org.thirdmode.vmx.exec.VmxInstructions;
import org.thirdmode.vmx.vmcs.EntryControls;
import org.thirdmode.vmx.vmcs.ExitControls;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.bus.NoLocalApic;
import org.thirdmode.x86.bus.PortBus;
import org.thirdmode.x86.exec.GuestModeObserver;
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
 * One VM exit and re-entry with ten VMREADs between them: the guest executes CPUID for ever, the host, machine code too, reads
 * ten fields and resumes it. With VPID and EPT. The score's unit is nanoseconds a round trip.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xmx1g", "-XX:+UseSerialGC"})
public class VmxRoundTrip {
    private static final int ROUND_TRIPS = 10_000;

    private static final long VMXON_REGION = 0x4000;
    private static final long VMCS = 0x5000;
    private static final long EPT_PML4 = 0x7000;
    private static final long EPT_PDPT = 0x8000;
    private static final long PML4 = 0x9000;
    private static final long PDPT = 0xa000;
    private static final long HOST_CODE = 0x10000;
    private static final long GUEST_CODE = 0x20000;

    private static final int CODE_SELECTOR = 0x08;
    private static final int DATA_SELECTOR = 0x10;
    private static final int TSS_SELECTOR = 0x18;
    private static final int CODE_RIGHTS = 0xa09b;
    private static final int DATA_RIGHTS = 0xc093;
    private static final int BUSY_TSS = 0x8b;

    /** What a hypervisor looks at after an exit. */
    private static final VmcsField[] READ = {
        VmcsField.EXIT_REASON,
        VmcsField.EXIT_QUALIFICATION,
        VmcsField.VM_EXIT_INTERRUPTION_INFORMATION,
        VmcsField.IDT_VECTORING_INFORMATION,
        VmcsField.VM_EXIT_INSTRUCTION_LENGTH,
        VmcsField.GUEST_RIP,
        VmcsField.GUEST_RFLAGS,
        VmcsField.GUEST_RSP,
        VmcsField.GUEST_INTERRUPTIBILITY_STATE,
        VmcsField.GUEST_CR3
    };

    /** Two instructions a VMREAD, and VMRESUME; the guest's CPUID never completes. */
    private static final long TICKS = 2L * READ.length + 1;

    private Processor cpu;
    private VmxInstructions vmx;
    private long exits;

    /** Launches the guest. */
    @Setup(Level.Trial)
    public void launch() {
        CpuProfile profile = CpuProfile.GENERIC;
        PhysicalMemory memory = new PhysicalMemory(40);
        memory.mapRam(0, 1 << 20);
        cpu = new Processor(memory, PortBus.EMPTY, new NoLocalApic(), new GuestClock(), profile);
        VmxCapabilities capabilities = VmxCapabilities.of(profile);
        Vmx extension = new Vmx(cpu, capabilities);
        cpu.extend(extension);
        vmx = extension.instructions;
        host();
        memory.write(VMXON_REGION, 4, Vmcs.REVISION);
        memory.write(VMCS, 4, Vmcs.REVISION);
        require(vmx.vmxon(VMXON_REGION));
        require(vmx.vmclear(VMCS));
        require(vmx.vmptrld(VMCS));
        controls(capabilities);
        hostState();
        guestState();
        memory.load(HOST_CODE, hostCode());
        memory.load(GUEST_CODE, new byte[] {0x0f, (byte) 0xa2});
        require(vmx.vmlaunch());
        checkCount(extension);
    }

    /** The score counts round trips by ticks: so many they must be. */
    private void checkCount(Vmx extension) {
        cpu.run(cpu.now() + TICKS * 10);
        extension.observe((kind, name, words) -> exits += kind == GuestModeObserver.Kind.EXIT ? 1 : 0);
        cpu.run(cpu.now() + TICKS * 100);
        extension.observe(null);
        if (exits != 100) {
            throw new IllegalStateException(exits + " exits in 100 round trips");
        }
    }

    private static void require(int result) {
        if (result != VmxInstructions.SUCCEED) {
            throw new IllegalStateException("VMX instruction failed: " + result);
        }
    }

    private void host() {
        cpu.memory.write(PML4, 8, PDPT | 7);
        cpu.memory.write(PDPT, 8, 0xe7);
        CpuState state = cpu.state;
        state.cr3 = PML4;
        state.cr4 = Cr4.PAE | Cr4.VMXE;
        state.efer = Efer.LME | Efer.LMA;
        state.cr0 = Cr0.PE | Cr0.PG | Cr0.ET | Cr0.NE;
        for (Segment segment : state.segments) {
            segment.set(DATA_SELECTOR, 0, 0xffff_ffffL, DATA_RIGHTS);
        }
        state.segments[Segment.CS].set(CODE_SELECTOR, 0, 0xffff_ffffL, CODE_RIGHTS);
        cpu.modeChanged();
    }

    private static byte[] hostCode() {
        ByteBuffer code = ByteBuffer.allocate(READ.length * 8 + 3).order(ByteOrder.LITTLE_ENDIAN);
        for (VmcsField field : READ) {
            code.put((byte) 0xb9).putInt(field.encoding); // MOV ECX, encoding
            code.put(new byte[] {0x0f, 0x78, (byte) 0xc8}); // VMREAD RAX, RCX
        }
        code.put(new byte[] {0x0f, 0x01, (byte) 0xc3}); // VMRESUME
        return code.array();
    }

    private void put(VmcsField field, long value) {
        require(vmx.vmwrite(field.encoding, value));
    }

    private void controls(VmxCapabilities can) {
        put(VmcsField.PIN_BASED_CONTROLS, can.pinBasedMustBeOne);
        put(
                VmcsField.PRIMARY_PROCESSOR_BASED_CONTROLS,
                can.primaryMustBeOne | PrimaryProcessorBased.ACTIVATE_SECONDARY_CONTROLS.mask);
        put(
                VmcsField.SECONDARY_PROCESSOR_BASED_CONTROLS,
                SecondaryProcessorBased.ENABLE_EPT.mask | SecondaryProcessorBased.ENABLE_VPID.mask);
        put(VmcsField.PRIMARY_EXIT_CONTROLS, can.exitMustBeOne | ExitControls.HOST_ADDRESS_SPACE_SIZE.mask);
        put(VmcsField.ENTRY_CONTROLS, can.entryMustBeOne | EntryControls.IA_32E_MODE_GUEST.mask);
        put(VmcsField.VMCS_LINK_POINTER, -1);
        put(VmcsField.VPID, 1);
        // One page of 1 GByte, write-back, all rights.
        cpu.memory.write(EPT_PML4, 8, EPT_PDPT | 7);
        cpu.memory.write(EPT_PDPT, 8, 0xb7);
        put(VmcsField.EPT_POINTER, EPT_PML4 | 6 | (3 << 3));
    }

    private void hostState() {
        put(VmcsField.HOST_CR0, cpu.state.cr0);
        put(VmcsField.HOST_CR3, cpu.state.cr3);
        put(VmcsField.HOST_CR4, cpu.state.cr4);
        for (int n = 0; n < 6; n++) {
            put(
                    VmcsField.byEncoding(VmcsField.HOST_ES_SELECTOR.encoding + 2L * n),
                    n == Segment.CS ? CODE_SELECTOR : DATA_SELECTOR);
        }
        put(VmcsField.HOST_TR_SELECTOR, TSS_SELECTOR);
        put(VmcsField.HOST_RIP, HOST_CODE);
    }

    private void guestState() {
        put(VmcsField.GUEST_CR0, cpu.state.cr0);
        put(VmcsField.GUEST_CR3, cpu.state.cr3);
        put(VmcsField.GUEST_CR4, cpu.state.cr4);
        for (int n = 0; n < 6; n++) {
            boolean code = n == Segment.CS;
            put(
                    VmcsField.byEncoding(VmcsField.GUEST_ES_SELECTOR.encoding + 2L * n),
                    code ? CODE_SELECTOR : DATA_SELECTOR);
            put(VmcsField.byEncoding(VmcsField.GUEST_ES_LIMIT.encoding + 2L * n), 0xffff_ffffL);
            put(
                    VmcsField.byEncoding(VmcsField.GUEST_ES_ACCESS_RIGHTS.encoding + 2L * n),
                    code ? CODE_RIGHTS : DATA_RIGHTS);
        }
        put(VmcsField.GUEST_LDTR_ACCESS_RIGHTS, Segment.UNUSABLE);
        put(VmcsField.GUEST_TR_LIMIT, 0x67);
        put(VmcsField.GUEST_TR_ACCESS_RIGHTS, BUSY_TSS);
        put(VmcsField.GUEST_GDTR_LIMIT, 0xffff);
        put(VmcsField.GUEST_IDTR_LIMIT, 0xfff);
        put(VmcsField.GUEST_DR7, 0x400);
        put(VmcsField.GUEST_RFLAGS, 2);
        put(VmcsField.GUEST_RIP, GUEST_CODE);
    }

    /** Runs {@link #ROUND_TRIPS}. */
    @Benchmark
    @OperationsPerInvocation(ROUND_TRIPS)
    public Processor.Stop run() {
        return cpu.run(cpu.now() + ROUND_TRIPS * TICKS);
    }
}
