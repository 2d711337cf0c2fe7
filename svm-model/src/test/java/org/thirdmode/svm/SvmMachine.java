package org.thirdmode.svm;

import org.thirdmode.svm.exec.Svm;
import org.thirdmode.svm.vmcb.Vmcb;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.svm.vmcb.VmcbValues;
import org.thirdmode.x86.bus.NoLocalApic;
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
 * A processor with SVM and memory, and nothing else: the host is {@code VMRUN; HLT} in 64-bit mode, the guest whatever code
 * a test puts at {@link #GUEST_CODE}. Page tables map everything one to one, for the host and beneath the guest.
 */
final class SvmMachine {
    static final long RAM = 8 << 20;
    static final long HOST_CODE = 0x1_0000;
    static final long GUEST_CODE = 0x2_0000;
    static final long HANDLER = 0x2_8000;
    static final long VMCB = 0x3_0000;
    static final long OTHER_VMCB = 0x3_1000;
    static final long HOST_SAVE = 0x3_2000;
    static final long IOPM = 0x3_4000;
    static final long MSRPM = 0x3_8000;
    static final long TABLES = 0x4_0000;
    static final long NESTED_TABLES = 0x4_8000;
    static final long GDT = 0x5_0000;
    static final long IDT = 0x5_1000;
    static final long GUEST_STACK = 0x6_0000;
    static final long HOST_STACK = 0x7_0000;
    static final long DATA = 0x8_0000;

    static final int MSR_VM_HSAVE_PA = 0xc001_0117;

    /** A flat 64-bit code segment and a flat data segment, as a VMCB holds attributes. */
    static final int CODE64 = 0xa9b;

    static final int DATA32 = 0xc93;

    private static final int BUDGET = 20_000;
    private static final byte[] HOST = {0x0f, 0x01, (byte) 0xd8, (byte) 0xf4};

    /** One interrupt that may be pending. */
    static final class Apic extends NoLocalApic {
        int pending = -1;
        int taskPriority;

        @Override
        public boolean interruptPending() {
            return pending >= 0;
        }

        @Override
        public int acknowledgeInterrupt() {
            int vector = pending;
            pending = -1;
            return vector;
        }

        @Override
        public int taskPriorityClass() {
            return taskPriority;
        }

        @Override
        public void setTaskPriorityClass(int priorityClass) {
            taskPriority = priorityClass;
        }
    }

    final PhysicalMemory memory = new PhysicalMemory(40);
    final Apic apic = new Apic();
    final Processor cpu;
    final Svm svm;
    final Vmcb vmcb;

    SvmMachine() {
        this("zen2");
    }

    SvmMachine(String processor) {
        memory.mapRam(0, RAM);
        cpu = new Processor(
                memory,
                PortBus.EMPTY,
                apic,
                new GuestClock(),
                CpuProfile.named().get(processor));
        svm = new Svm(cpu);
        cpu.extend(svm);
        vmcb = new Vmcb(memory).at(VMCB);
        tables(TABLES, 0x7);
        tables(NESTED_TABLES, 0x7);
        memory.write(GDT + 8, 8, 0x00af_9b00_0000_ffffL);
        memory.write(GDT + 16, 8, 0x00cf_9300_0000_ffffL);
        for (int vector = 0; vector < 256; vector++) {
            gate(vector, HANDLER + (vector * 16L));
        }
        memory.load(HOST_CODE, HOST);
        host();
        for (VmcbField field : VmcbField.values()) {
            if (field.scalar()) {
                vmcb.set(field, validVmcb().get(field));
            }
        }
        guest(0x0f, 0x01, 0xd9);
        // Every handler ends the guest's run by VMMCALL.
        for (int vector = 0; vector < 256; vector++) {
            code(HANDLER + (vector * 16L), 0x0f, 0x01, 0xd9);
        }
    }

    /** Four levels, 2-MByte pages, the first 8 MBytes. */
    private void tables(long at, int flags) {
        memory.write(at, 8, (at + 0x1000) | flags);
        memory.write(at + 0x1000, 8, (at + 0x2000) | flags);
        for (int n = 0; n < 4; n++) {
            memory.write(at + 0x2000 + (n * 8L), 8, ((long) n << 21) | 0x80 | flags);
        }
    }

    private void gate(int vector, long handler) {
        long low = (handler & 0xffff) | (8L << 16) | (0x8e00L << 32) | ((handler >>> 16 & 0xffff) << 48);
        memory.write(IDT + (vector * 16L), 8, low);
        memory.write(IDT + (vector * 16L) + 8, 8, handler >>> 32);
    }

    private void host() {
        CpuState s = cpu.state;
        s.cr3 = TABLES;
        s.cr4 = Cr4.PAE | Cr4.OSFXSR;
        s.efer = Efer.LME | Efer.LMA | Efer.NXE | Efer.SCE | Efer.SVME;
        s.cr0 = Cr0.PE | Cr0.PG | Cr0.ET | Cr0.NE | Cr0.WP;
        for (Segment segment : s.segments) {
            segment.set(16, 0, 0xffff_ffffL, 0xc093);
        }
        s.segments[Segment.CS].set(8, 0, 0xffff_ffffL, 0xa09b);
        s.gdtrBase = GDT;
        s.gdtrLimit = 0xff;
        s.idtrBase = IDT;
        s.idtrLimit = 0xfff;
        s.cpl = 0;
        s.r[CpuState.RSP] = HOST_STACK;
        cpu.system.msrs.write(MSR_VM_HSAVE_PA, HOST_SAVE);
        cpu.mmu.flushAll();
        cpu.modeChanged();
    }

    /** A VMCB that VMRUN accepts: a 64-bit guest in the host's own address space, without nested paging. */
    static VmcbImage validVmcb() {
        VmcbImage image = new VmcbImage();
        for (VmcbField field : VmcbField.values()) {
            if (field.scalar()) {
                image.set(field, 0);
            }
        }
        image.set(VmcbField.INTERCEPT_MISC1, 1L << 31);
        image.set(VmcbField.INTERCEPT_MISC2, 3);
        image.set(VmcbField.IOPM_BASE_PA, IOPM);
        image.set(VmcbField.MSRPM_BASE_PA, MSRPM);
        image.set(VmcbField.GUEST_ASID, 1);
        segment(image, VmcbField.ES_SELECTOR, 16, DATA32);
        segment(image, VmcbField.CS_SELECTOR, 8, CODE64);
        segment(image, VmcbField.SS_SELECTOR, 16, DATA32);
        segment(image, VmcbField.DS_SELECTOR, 16, DATA32);
        image.set(VmcbField.GDTR_BASE, GDT);
        image.set(VmcbField.GDTR_LIMIT, 0xff);
        image.set(VmcbField.IDTR_BASE, IDT);
        image.set(VmcbField.IDTR_LIMIT, 0xfff);
        image.set(VmcbField.EFER, Efer.LME | Efer.LMA | Efer.NXE | Efer.SCE | Efer.SVME);
        image.set(VmcbField.CR0, Cr0.PE | Cr0.PG | Cr0.ET | Cr0.NE | Cr0.WP);
        image.set(VmcbField.CR3, TABLES);
        image.set(VmcbField.CR4, Cr4.PAE | Cr4.OSFXSR);
        image.set(VmcbField.DR6, 0xffff_0ff0L);
        image.set(VmcbField.DR7, 0x400);
        image.set(VmcbField.RFLAGS, 2);
        image.set(VmcbField.RIP, GUEST_CODE);
        image.set(VmcbField.RSP, GUEST_STACK);
        image.set(VmcbField.G_PAT, 0x0007_0406_0007_0406L);
        return image;
    }

    private static void segment(VmcbImage image, VmcbField selector, int value, int attributes) {
        image.set(selector, value);
        image.set(selector.next(1), attributes);
        image.set(selector.next(2), 0xffff_ffffL);
    }

    /** Nested paging beneath the guest. */
    SvmMachine nested() {
        vmcb.set(VmcbField.NESTED_CONTROL, 1);
        vmcb.set(VmcbField.N_CR3, NESTED_TABLES);
        return this;
    }

    /** Stores a VMCB; fields that are not known are left as they are. */
    void store(VmcbValues values) {
        for (VmcbField field : VmcbField.values()) {
            if (field.scalar() && values.knows(field)) {
                vmcb.set(field, values.get(field));
            }
        }
    }

    /** Machine code of the guest. */
    SvmMachine guest(int... bytes) {
        code(GUEST_CODE, bytes);
        return this;
    }

    /** Machine code of the host. */
    void host(int... bytes) {
        code(HOST_CODE, bytes);
    }

    void code(long address, int... bytes) {
        for (int n = 0; n < bytes.length; n++) {
            memory.write(address + n, 1, bytes[n]);
        }
    }

    SvmMachine set(VmcbField field, long value) {
        vmcb.set(field, value);
        return this;
    }

    SvmMachine setBits(VmcbField field, long bits) {
        vmcb.set(field, vmcb.get(field) | bits);
        return this;
    }

    long get(VmcbField field) {
        return vmcb.get(field);
    }

    /** The host's code from its beginning until it halts or shuts down, rAX being the VMCB. */
    Processor.Stop run() {
        CpuState s = cpu.state;
        s.rip = HOST_CODE;
        s.r[CpuState.RAX] = VMCB;
        cpu.activity = Processor.Activity.ACTIVE;
        return cpu.run(cpu.now() + BUDGET);
    }

    /** Runs the guest and tells EXITCODE. */
    long exit() {
        run();
        return get(VmcbField.EXITCODE);
    }

    /** All bytes of memory, for comparisons. */
    byte[] bytes(long from, int length) {
        byte[] bytes = new byte[length];
        for (int n = 0; n < length; n++) {
            bytes[n] = (byte) memory.read(from + n, 1);
        }
        return bytes;
    }
}
