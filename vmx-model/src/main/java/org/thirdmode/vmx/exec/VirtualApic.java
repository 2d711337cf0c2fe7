package org.thirdmode.vmx.exec;

import org.thirdmode.vmx.vmcs.ExitReason;
import org.thirdmode.vmx.vmcs.PinBased;
import org.thirdmode.vmx.vmcs.PrimaryProcessorBased;
import org.thirdmode.vmx.vmcs.SecondaryProcessorBased;
import org.thirdmode.vmx.vmcs.Vmcs;
import org.thirdmode.vmx.vmcs.VmcsField;
import org.thirdmode.x86.exec.EventInformation;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.memory.Frame;
import org.thirdmode.x86.memory.MmioDevice;
import org.thirdmode.x86.paging.Access;
import org.thirdmode.x86.paging.SecondStage.Reason;

/**
 * The virtual-APIC page: the TPR shadow, accesses to the APIC-access page, x2APIC MSRs, and the evaluation and delivery of
 * virtual interrupts. SDM 3C "APIC Virtualization and Virtual Interrupts".
 *
 * <p>An access to the APIC-access page is sent to a page beyond the physical-address space, where this class answers: so
 * size and value of the access are known. What an access causes after its instruction waits for {@link #trapLikeExits}.
 */
final class VirtualApic implements MmioDevice {
    // Offsets of registers in the page. SDM 3A, table "Local APIC Register Address Map".
    private static final int ID = 0x20;
    private static final int TPR = 0x80;
    private static final int PPR = 0xa0;
    private static final int EOI = 0xb0;
    private static final int ISR = 0x100;
    private static final int IRR = 0x200;
    private static final int ESR = 0x280;
    private static final int ICR_LOW = 0x300;
    private static final int ICR_HIGH = 0x310;
    private static final int LVT_ERROR = 0x370;
    private static final int SELF_IPI = 0x3f0;

    private static final int X2APIC_FIRST = 0x800;
    private static final int X2APIC_LAST = 0x8ff;

    // Access types of the exit qualification, bits 15:12.
    private static final int LINEAR_READ = 0;
    private static final int LINEAR_WRITE = 1 << 12;
    private static final int LINEAR_FETCH = 2 << 12;
    private static final int LINEAR_DELIVERY = 3 << 12;
    private static final int PHYSICAL_DELIVERY = 10 << 12;
    private static final int PHYSICAL_INSTRUCTION = 15 << 12;

    // The posted-interrupt descriptor.
    private static final int PIR_BYTES = 32;
    private static final long OUTSTANDING = 1;

    private static final long LOW32 = 0xffff_ffffL;

    private final Vmx vmx;
    private final Processor cpu;
    private final Vmcs vmcs;
    private final Controls controls;

    /** Where accesses to the APIC-access page are sent. */
    private final long beyond;

    /** The virtual-APIC page, while the TPR shadow is in use. */
    private long page;

    /** A pending virtual interrupt is recognized. */
    private boolean recognized;

    /** A trap-like exit that waits for the end of the instruction; null for none. */
    private ExitReason pending;

    private long pendingQualification;

    VirtualApic(Vmx vmx) {
        this.vmx = vmx;
        cpu = vmx.cpu;
        vmcs = vmx.vmcs;
        controls = vmx.controls;
        beyond = cpu.memory.mapBeyond(Frame.SIZE, this);
    }

    // ---- entering and leaving ----

    /** VM entry. SDM 3C "Updating Non-Register State", "VM Exits Induced by the TPR Threshold". */
    void entered() {
        pending = null;
        recognized = false;
        if (!shadowed()) {
            return;
        }
        page = vmcs.read(VmcsField.VIRTUAL_APIC_ADDRESS);
        if (deliversInterrupts()) {
            virtualizePpr();
            evaluate();
        } else if (controls.is(SecondaryProcessorBased.VIRTUALIZE_APIC_ACCESSES)) {
            compareWithThreshold();
        }
    }

    void left() {
        pending = null;
        recognized = false;
    }

    private boolean shadowed() {
        return controls.is(PrimaryProcessorBased.USE_TPR_SHADOW);
    }

    private boolean deliversInterrupts() {
        return controls.is(SecondaryProcessorBased.VIRTUAL_INTERRUPT_DELIVERY);
    }

    private void after(ExitReason reason, long qualification) {
        pending = reason;
        pendingQualification = qualification;
        cpu.wantAttention();
    }

    /** Throws the exit that the instruction before has caused, where there is one. */
    void trapLikeExits() {
        if (pending != null) {
            ExitReason reason = pending;
            pending = null;
            throw vmx.exits.note(reason, pendingQualification).exit();
        }
    }

    // ---- registers ----

    private long register(int offset) {
        return cpu.memory.read(page + offset, 4);
    }

    private void register(int offset, long value) {
        cpu.memory.write(page + offset, 4, value);
    }

    /** VTPR, bits 7:0. */
    long taskPriority() {
        return register(TPR) & 0xff;
    }

    /** MOV to CR8. */
    void writeTaskPriority(long value) {
        register(TPR, value);
        virtualizeTpr();
    }

    private int requesting() {
        return (int) vmcs.read(VmcsField.GUEST_INTERRUPT_STATUS) & 0xff;
    }

    private int servicing() {
        return (int) vmcs.read(VmcsField.GUEST_INTERRUPT_STATUS) >>> 8;
    }

    private void status(int servicing, int requesting) {
        vmcs.write(VmcsField.GUEST_INTERRUPT_STATUS, ((long) servicing << 8) | requesting);
    }

    /** The highest vector of VISR or VIRR; 0 for none. */
    private int highest(int set) {
        for (int word = 7; word >= 0; word--) {
            int bits = (int) register(set + 16 * word);
            if (bits != 0) {
                return word * 32 + 31 - Integer.numberOfLeadingZeros(bits);
            }
        }
        return 0;
    }

    private void setBit(int set, int vector, boolean value) {
        int at = set + 16 * (vector >>> 5);
        long bit = 1L << (vector & 31);
        register(at, value ? register(at) | bit : register(at) & ~bit);
    }

    // ---- virtualization of TPR, PPR, EOI and self-IPI ----

    /** SDM 3C "TPR Virtualization". */
    private void virtualizeTpr() {
        if (deliversInterrupts()) {
            virtualizePpr();
            evaluate();
        } else {
            compareWithThreshold();
        }
    }

    private void compareWithThreshold() {
        long threshold = vmcs.read(VmcsField.TPR_THRESHOLD) & 0xf;
        if ((taskPriority() >>> 4) < threshold) {
            after(ExitReason.TPR_BELOW_THRESHOLD, 0);
        }
    }

    /** SDM 3C "PPR Virtualization". */
    private void virtualizePpr() {
        long tpr = taskPriority();
        int svi = servicing();
        register(PPR, (tpr >>> 4) >= (svi >>> 4) ? tpr : svi & 0xf0);
    }

    /** SDM 3C "EOI Virtualization". */
    private void virtualizeEoi() {
        int vector = servicing();
        setBit(ISR, vector, false);
        status(highest(ISR), requesting());
        virtualizePpr();
        long bitmap = vmcs.read(eoiExitBitmap(vector >>> 6));
        if ((bitmap & (1L << (vector & 63))) != 0) {
            after(ExitReason.VIRTUALIZED_EOI, vector);
        } else {
            evaluate();
        }
    }

    private static VmcsField eoiExitBitmap(int n) {
        return switch (n) {
            case 0 -> VmcsField.EOI_EXIT_BITMAP_0;
            case 1 -> VmcsField.EOI_EXIT_BITMAP_1;
            case 2 -> VmcsField.EOI_EXIT_BITMAP_2;
            default -> VmcsField.EOI_EXIT_BITMAP_3;
        };
    }

    /** SDM 3C "Self-IPI Virtualization". */
    private void virtualizeSelfIpi(int vector) {
        setBit(IRR, vector, true);
        status(servicing(), Math.max(requesting(), vector));
        evaluate();
    }

    // ---- evaluation and delivery of virtual interrupts ----

    /** SDM 3C "Evaluation of Pending Virtual Interrupts". */
    private void evaluate() {
        recognized = (requesting() >>> 4) > (register(PPR) >>> 4 & 0xf)
                && !controls.is(PrimaryProcessorBased.INTERRUPT_WINDOW_EXITING);
        if (recognized) {
            cpu.wantAttention();
        }
    }

    /** SDM 3C "Virtual-Interrupt Delivery": between two instructions, while RFLAGS.IF is set and nothing is blocked. */
    void deliver() {
        if (!recognized) {
            return;
        }
        recognized = false;
        int vector = requesting();
        setBit(ISR, vector, true);
        register(PPR, vector & 0xf0);
        setBit(IRR, vector, false);
        status(vector, highest(IRR));
        cpu.events.interrupt(EventInformation.EXTERNAL_INTERRUPT, vector);
        cpu.wantAttention();
    }

    /**
     * An external interrupt has been acknowledged: whether it is the notification of posted interrupts, which cause no exit.
     * SDM 3C "Posted-Interrupt Processing".
     */
    boolean posted(int vector) {
        if (!controls.is(PinBased.PROCESS_POSTED_INTERRUPTS)
                || vector != (int) vmcs.read(VmcsField.POSTED_INTERRUPT_NOTIFICATION_VECTOR)) {
            return false;
        }
        long descriptor = vmcs.read(VmcsField.POSTED_INTERRUPT_DESCRIPTOR_ADDRESS);
        long flags = cpu.memory.read(descriptor + PIR_BYTES, 8);
        cpu.memory.write(descriptor + PIR_BYTES, 8, flags & ~OUTSTANDING);
        cpu.apic.endOfInterrupt();
        for (int word = 0; word < 8; word++) {
            long requests = cpu.memory.read(descriptor + 4L * word, 4);
            cpu.memory.write(descriptor + 4L * word, 4, 0);
            register(IRR + 16 * word, register(IRR + 16 * word) | requests);
        }
        status(servicing(), Math.max(requesting(), highest(IRR)));
        evaluate();
        return true;
    }

    // ---- the APIC-access page ----

    /** An access that comes to the APIC-access page: where it is to go. */
    long access(long physical, Reason reason, int access) {
        boolean delivery = cpu.events.vectoring != 0;
        if (reason != Reason.FINAL_ACCESS) {
            if (!controls.is(SecondaryProcessorBased.ENABLE_EPT)) {
                return physical;
            }
            throw exit(delivery ? PHYSICAL_DELIVERY : PHYSICAL_INSTRUCTION);
        }
        int offset = (int) physical & (Frame.SIZE - 1);
        if ((access & Access.FETCH) != 0) {
            throw exit(LINEAR_FETCH | offset);
        }
        return beyond | offset;
    }

    private RuntimeException exit(int qualification) {
        return vmx.exits.access(ExitReason.APIC_ACCESS, qualification).exit();
    }

    private RuntimeException linearExit(int type, long offset) {
        return exit((cpu.events.vectoring != 0 ? LINEAR_DELIVERY : type) | (int) offset);
    }

    /** At most 32 bits, within the low four bytes of 16. */
    private static boolean plain(long offset, int size) {
        return size <= 4 && (offset & 0xf) + size <= 4;
    }

    /** SDM 3C "Virtualizing Reads from the APIC-Access Page". */
    @Override
    public long read(long offset, int size) {
        if (!shadowed() || !plain(offset, size) || !mayRead((int) offset & ~0xf)) {
            throw linearExit(LINEAR_READ, offset);
        }
        return cpu.memory.read(page + offset, size);
    }

    private boolean mayRead(int register) {
        if (!controls.is(SecondaryProcessorBased.APIC_REGISTER_VIRTUALIZATION)) {
            return register == TPR;
        }
        return switch (register) {
            case ID, 0x30, TPR, EOI, 0xd0, 0xe0, 0xf0, ESR, ICR_LOW, ICR_HIGH, 0x380, 0x3e0 -> true;
            default -> (register >= ISR && register < ESR) || (register >= 0x320 && register <= LVT_ERROR);
        };
    }

    /** SDM 3C "Virtualizing Writes to the APIC-Access Page". */
    @Override
    public void write(long offset, int size, long value) {
        int register = (int) offset & ~0xf;
        if (!shadowed() || !plain(offset, size) || !mayWrite(register)) {
            throw linearExit(LINEAR_WRITE, offset);
        }
        cpu.memory.write(page + offset, size, value);
        emulateWrite(register, offset);
    }

    private boolean mayWrite(int register) {
        if (register == TPR) {
            return true;
        }
        if (controls.is(SecondaryProcessorBased.APIC_REGISTER_VIRTUALIZATION)) {
            return switch (register) {
                case ID, EOI, 0xd0, 0xe0, 0xf0, ESR, ICR_LOW, ICR_HIGH, 0x380, 0x3e0 -> true;
                default -> register >= 0x320 && register <= LVT_ERROR;
            };
        }
        return deliversInterrupts() && (register == EOI || register == ICR_LOW);
    }

    /** SDM 3C "APIC-Write Emulation". */
    private void emulateWrite(int register, long offset) {
        switch (register) {
            case TPR -> writeTaskPriority(taskPriority());
            case EOI -> {
                if (deliversInterrupts()) {
                    register(EOI, 0);
                    virtualizeEoi();
                } else {
                    after(ExitReason.APIC_WRITE, offset);
                }
            }
            case ICR_LOW -> {
                long command = register(ICR_LOW);
                if (deliversInterrupts() && isSelfIpi(command)) {
                    virtualizeSelfIpi((int) command & 0xff);
                } else {
                    after(ExitReason.APIC_WRITE, offset);
                }
            }
            case ICR_HIGH -> register(ICR_HIGH, register(ICR_HIGH) & 0xff00_0000L);
            default -> after(ExitReason.APIC_WRITE, offset);
        }
    }

    /** Fixed delivery, edge, to self, vector not below 16; reserved bits and delivery status clear. */
    private static boolean isSelfIpi(long command) {
        boolean reserved = (command & 0xfff3_0000L) != 0;
        boolean self = (command & 0xc_0000) == 0x4_0000;
        return !reserved
                && self
                && (command & 0x700) == 0
                && (command & (1 << 12)) == 0
                && (command & 0xf0) != 0
                && (command & (1 << 15)) == 0;
    }

    // ---- x2APIC mode ----

    /** Whether RDMSR or WRMSR of the guest goes to the virtual-APIC page. SDM 3C "Virtualizing MSR-Based APIC Accesses". */
    boolean ownsMsr(int msr) {
        return msr >= X2APIC_FIRST
                && msr <= X2APIC_LAST
                && cpu.guestMode
                && controls.is(SecondaryProcessorBased.VIRTUALIZE_X2APIC_MODE);
    }

    /** Whether {@link #readMsr} answers for an MSR that {@link #ownsMsr}. */
    boolean readsMsr(int msr) {
        return offset(msr) == TPR || controls.is(SecondaryProcessorBased.APIC_REGISTER_VIRTUALIZATION);
    }

    /** Whether {@link #writeMsr} answers for an MSR that {@link #ownsMsr}. */
    boolean writesMsr(int msr) {
        int offset = offset(msr);
        return offset == TPR || (deliversInterrupts() && (offset == EOI || offset == SELF_IPI));
    }

    private static int offset(int msr) {
        return (msr & 0xff) << 4;
    }

    long readMsr(int msr) {
        return cpu.memory.read(page + offset(msr), 8);
    }

    /** False asks for #GP(0). */
    boolean writeMsr(int msr, long value) {
        int offset = offset(msr);
        long allowed = offset == EOI ? 0 : 0xff;
        if ((value & ~allowed) != 0) {
            return false;
        }
        register(offset, value & LOW32);
        switch (offset) {
            case TPR -> virtualizeTpr();
            case EOI -> virtualizeEoi();
            default -> {
                if ((value & 0xf0) == 0) {
                    after(ExitReason.APIC_WRITE, SELF_IPI);
                } else {
                    virtualizeSelfIpi((int) value);
                }
            }
        }
        return true;
    }
}
