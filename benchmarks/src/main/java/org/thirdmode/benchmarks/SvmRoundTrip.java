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
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.thirdmode.svm.exec.Svm;
import org.thirdmode.svm.intercept.InterceptTable;
import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
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
 * One #VMEXIT and VMRUN with ten fields of the VMCB read between them: the guest executes CPUID for ever, the host, machine
 * code too, reads ten fields and runs it again. With nested paging. The score's unit is nanoseconds a round trip.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
        value = 1,
        jvmArgsAppend = {"-Xmx1g", "-XX:+UseSerialGC"})
public class SvmRoundTrip {
    private static final int ROUND_TRIPS = 10_000;

    private static final long HOST_SAVE = 0x4000;
    private static final long VMCB = 0x5000;
    private static final long NESTED_PML4 = 0x7000;
    private static final long NESTED_PDPT = 0x8000;
    private static final long PML4 = 0x9000;
    private static final long PDPT = 0xa000;
    private static final long HOST_CODE = 0x10000;
    private static final long GUEST_CODE = 0x20000;

    private static final int CODE_RIGHTS = 0xa09b;
    private static final int DATA_RIGHTS = 0xc093;

    /** The same as a VMCB holds them. */
    private static final int VMCB_CODE = 0xa9b;

    private static final int VMCB_DATA = 0xc93;

    private static final int INTERCEPT_CPUID = 1 << 18;
    private static final int MSR_VM_HSAVE_PA = 0xc001_0117;

    /** All groups that have clean bits but AVIC. */
    private static final int ALL_CLEAN = 0x7ff;

    /** What a hypervisor looks at after an exit. */
    private static final VmcbField[] READ = {
        VmcbField.EXITCODE,
        VmcbField.EXITINFO1,
        VmcbField.EXITINFO2,
        VmcbField.EXITINTINFO,
        VmcbField.NRIP,
        VmcbField.RIP,
        VmcbField.RFLAGS,
        VmcbField.RSP,
        VmcbField.INTERRUPT_SHADOW,
        VmcbField.CR3
    };

    /** JMP, MOV, the reads, VMRUN; the guest's CPUID never completes. */
    private static final long TICKS = READ.length + 3L;

    /** Whether the host sets the clean bits. */
    @Param({"true", "false"})
    public String clean;

    private Processor cpu;
    private long exits;

    /** Runs the guest. */
    @Setup(Level.Trial)
    public void launch() {
        PhysicalMemory memory = new PhysicalMemory(40);
        memory.mapRam(0, 1 << 20);
        cpu = new Processor(
                memory,
                PortBus.EMPTY,
                new NoLocalApic(),
                new GuestClock(),
                CpuProfile.named().get("zen2"));
        Svm svm = new Svm(cpu);
        cpu.extend(svm);
        host();
        guest();
        cpu.system.msrs.write(MSR_VM_HSAVE_PA, HOST_SAVE);
        memory.load(HOST_CODE, hostCode());
        memory.load(GUEST_CODE, new byte[] {0x0f, (byte) 0xa2});
        checkCount(svm);
    }

    /** The score counts round trips by ticks: so many they must be. */
    private void checkCount(Svm svm) {
        cpu.run(cpu.now() + TICKS * 10);
        svm.observe((kind, name, words) -> exits += kind == GuestModeObserver.Kind.EXIT ? 1 : 0);
        cpu.run(cpu.now() + TICKS * 100);
        svm.observe(null);
        if (exits != 100) {
            throw new IllegalStateException(exits + " exits in 100 round trips");
        }
    }

    private void host() {
        cpu.memory.write(PML4, 8, PDPT | 7);
        cpu.memory.write(PDPT, 8, 0xe7);
        CpuState state = cpu.state;
        state.cr3 = PML4;
        state.cr4 = Cr4.PAE;
        state.efer = Efer.LME | Efer.LMA | Efer.SVME;
        state.cr0 = Cr0.PE | Cr0.PG | Cr0.ET | Cr0.NE;
        for (Segment segment : state.segments) {
            segment.set(0x10, 0, 0xffff_ffffL, DATA_RIGHTS);
        }
        state.segments[Segment.CS].set(0x08, 0, 0xffff_ffffL, CODE_RIGHTS);
        state.rip = HOST_CODE;
        cpu.modeChanged();
    }

    private static byte[] hostCode() {
        ByteBuffer code = ByteBuffer.allocate(READ.length * 8 + 10).order(ByteOrder.LITTLE_ENDIAN);
        code.put((byte) 0xb8).putInt((int) VMCB); // MOV EAX, the VMCB
        for (VmcbField field : READ) {
            code.put(new byte[] {0x48, (byte) 0x8b, 0x0c, 0x25}).putInt((int) VMCB + field.offset); // MOV RCX, [field]
        }
        code.put(new byte[] {0x0f, 0x01, (byte) 0xd8}); // VMRUN
        code.put(new byte[] {(byte) 0xeb, (byte) -(READ.length * 8 + 10)}); // JMP to the start
        return code.array();
    }

    private void guest() {
        // One page of 1 GByte, user and writable.
        cpu.memory.write(NESTED_PML4, 8, NESTED_PDPT | 7);
        cpu.memory.write(NESTED_PDPT, 8, 0xe7);
        Vmcb vmcb = new Vmcb(cpu.memory).at(VMCB);
        vmcb.set(VmcbField.INTERCEPT_MISC1, INTERCEPT_CPUID);
        vmcb.set(VmcbField.INTERCEPT_MISC2, InterceptTable.VMRUN);
        vmcb.set(VmcbField.GUEST_ASID, 1);
        vmcb.set(VmcbField.NESTED_CONTROL, 1);
        vmcb.set(VmcbField.N_CR3, NESTED_PML4);
        vmcb.set(VmcbField.G_PAT, 0x0007_0406_0007_0406L);
        vmcb.set(VmcbField.VMCB_CLEAN, clean.equals("true") ? ALL_CLEAN : 0);
        for (VmcbField selector : new VmcbField[] {
            VmcbField.ES_SELECTOR, VmcbField.CS_SELECTOR, VmcbField.SS_SELECTOR, VmcbField.DS_SELECTOR
        }) {
            boolean code = selector == VmcbField.CS_SELECTOR;
            vmcb.set(selector, code ? 0x08 : 0x10);
            vmcb.set(selector.next(1), code ? VMCB_CODE : VMCB_DATA);
            vmcb.set(selector.next(2), 0xffff_ffffL);
        }
        vmcb.set(VmcbField.EFER, cpu.state.efer);
        vmcb.set(VmcbField.CR0, cpu.state.cr0);
        vmcb.set(VmcbField.CR3, cpu.state.cr3);
        vmcb.set(VmcbField.CR4, cpu.state.cr4);
        vmcb.set(VmcbField.DR6, 0xffff_0ff0L);
        vmcb.set(VmcbField.DR7, 0x400);
        vmcb.set(VmcbField.RFLAGS, 2);
        vmcb.set(VmcbField.RIP, GUEST_CODE);
    }

    /** Runs {@link #ROUND_TRIPS}. */
    @Benchmark
    @OperationsPerInvocation(ROUND_TRIPS)
    public Processor.Stop run() {
        return cpu.run(cpu.now() + ROUND_TRIPS * TICKS);
    }
}
