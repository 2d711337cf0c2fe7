package org.thirdmode.x86.exec.system;

import java.util.Set;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.Intercept;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr0;
import org.thirdmode.x86.state.Cr4;
import org.thirdmode.x86.state.Efer;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Segment;
import org.thirdmode.x86.state.Vector;

/**
 * Writes of CR0, CR3, CR4, CR8 and IA32_EFER: what they may hold, what they flush and the changes of mode they make. SDM
 * 2 "MOV—Move to/from Control Registers", SDM 3A "Control Registers", "Initializing IA-32e Mode".
 */
public final class ControlRegisters {
    private static final long CR0_DEFINED =
            Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS | Cr0.NE | Cr0.WP | Cr0.AM | Cr0.NW | Cr0.CD | Cr0.PG;

    /** CR4 bits whose change invalidates all translations, global ones included. SDM 3A "Operations that Invalidate TLBs". */
    private static final long CR4_FLUSHING = Cr4.PSE | Cr4.PAE | Cr4.PGE | Cr4.LA57 | Cr4.PCIDE | Cr4.SMEP;

    /** CR4 bits whose change reloads the PDPTE registers of PAE paging. SDM 3A "PDPTE Registers". */
    private static final long CR4_PDPTE = Cr4.PSE | Cr4.PAE | Cr4.PGE | Cr4.SMEP;

    private static final long CR0_PDPTE = Cr0.CD | Cr0.NW | Cr0.PG;

    private static final long PCID = 0xfff;

    private final Processor cpu;
    private final CpuState state;
    private final DebugRegisters debug;
    private final long cr4Allowed;
    private final long eferAllowed;
    private final long cr3Reserved;

    ControlRegisters(Processor cpu, DebugRegisters debug) {
        this.cpu = cpu;
        this.state = cpu.state;
        this.debug = debug;
        cr4Allowed = cr4Allowed(cpu.features);
        eferAllowed = eferAllowed(cpu.features);
        cr3Reserved = ~((1L << cpu.memory.addressWidth()) - 1);
    }

    private static long bit(Set<Feature> features, Feature feature, long bits) {
        return features.contains(feature) ? bits : 0;
    }

    /** The bits that CR4 of a processor with these features may have. */
    public static long cr4Allowed(Set<Feature> features) {
        return bit(features, Feature.VME, Cr4.VME | Cr4.PVI)
                | bit(features, Feature.TSC, Cr4.TSD)
                | bit(features, Feature.DE, Cr4.DE)
                | bit(features, Feature.PSE, Cr4.PSE)
                | bit(features, Feature.PAE, Cr4.PAE)
                | bit(features, Feature.MCE, Cr4.MCE)
                | bit(features, Feature.PGE, Cr4.PGE)
                | Cr4.PCE
                | bit(features, Feature.FXSR, Cr4.OSFXSR)
                | bit(features, Feature.SSE, Cr4.OSXMMEXCPT)
                | bit(features, Feature.UMIP, Cr4.UMIP)
                | bit(features, Feature.LA57, Cr4.LA57)
                | bit(features, Feature.VMX, Cr4.VMXE)
                | bit(features, Feature.FSGSBASE, Cr4.FSGSBASE)
                | bit(features, Feature.PCID, Cr4.PCIDE)
                | bit(features, Feature.XSAVE, Cr4.OSXSAVE)
                | bit(features, Feature.SMEP, Cr4.SMEP)
                | bit(features, Feature.SMAP, Cr4.SMAP)
                | bit(features, Feature.PKU, Cr4.PKE);
    }

    /** The bits that IA32_EFER of a processor with these features may have. */
    public static long eferAllowed(Set<Feature> features) {
        return bit(features, Feature.SYSCALL, Efer.SCE)
                | bit(features, Feature.LM, Efer.LME | Efer.LMA)
                | bit(features, Feature.NX, Efer.NXE)
                | bit(features, Feature.SVM, Efer.SVME);
    }

    private GuestFault generalProtection() {
        return cpu.fault(Vector.GP, 0);
    }

    /**
     * Whether a register of the system architecture may hold a linear address: bases of descriptor tables, of the TSS,
     * of FS and GS, entry points. It is judged by the width of the processor, not of the paging mode in force.
     */
    public boolean canonicalForLoad(long linear) {
        int unused = 64 - Math.max(cpu.profile.linearAddressWidth(), 48);
        return (linear << unused) >> unused == linear;
    }

    /** MOV to CR0. */
    void writeCr0(long value) {
        if ((value >>> 32) != 0) {
            throw generalProtection();
        }
        long next = (value & CR0_DEFINED) | Cr0.ET;
        long changed = next ^ state.cr0;
        boolean paging = (next & Cr0.PG) != 0;
        if ((paging && (next & Cr0.PE) == 0)
                || ((next & Cr0.NW) != 0 && (next & Cr0.CD) == 0)
                || !cpu.extension.allowsControlRegister(0, next)) {
            throw generalProtection();
        }
        boolean longMode = paging && (state.efer & Efer.LME) != 0;
        if ((changed & Cr0.PG) != 0) {
            if (longMode) {
                requireLongModePossible();
            }
            if (!paging && ((state.cr4 & Cr4.PCIDE) != 0 || state.codeWidth == 64)) {
                throw generalProtection();
            }
        }
        boolean pae = paging && !longMode && (state.cr4 & Cr4.PAE) != 0;
        if (pae && (changed & CR0_PDPTE) != 0 && !cpu.walker.loadPdptes(state.cr3)) {
            throw generalProtection();
        }
        state.cr0 = next;
        state.efer = longMode ? state.efer | Efer.LMA : state.efer & ~Efer.LMA;
        if ((changed & Cr0.PG) != 0) {
            cpu.mmu.flushAll();
        } else if ((changed & Cr0.WP) != 0) {
            cpu.mmu.rightsChanged();
        }
        cpu.modeChanged();
    }

    /** What CR0.PG demands while EFER.LME is set. */
    private void requireLongModePossible() {
        boolean possible = (state.cr4 & Cr4.PAE) != 0
                && !state.segments[Segment.CS].is(Segment.LONG)
                && (state.tr.type() & 8) != 0;
        if (!possible) {
            throw generalProtection();
        }
    }

    /** LMSW: the low four bits of CR0; PE can be set but not cleared. */
    void writeMachineStatusWord(Instruction i, int source) {
        long low = Cr0.PE | Cr0.MP | Cr0.EM | Cr0.TS;
        long value = (state.cr0 & ~(low & ~Cr0.PE)) | (source & low);
        boolean asked = (cpu.intercepts & Intercept.CR_WRITE) != 0;
        writeCr0(asked ? cpu.extension.writeMachineStatus(i, source, value) : value);
    }

    /** CLTS. */
    void clearTaskSwitched(Instruction i) {
        long value = state.cr0 & ~Cr0.TS;
        boolean asked = (cpu.intercepts & Intercept.CR_WRITE) != 0;
        state.cr0 = asked ? cpu.extension.writeMachineStatus(i, 0, value) : value;
        cpu.modeChanged();
    }

    /** MOV to CR3. */
    void writeCr3(long value) {
        boolean pcids = (state.cr4 & Cr4.PCIDE) != 0;
        boolean keep = pcids && value < 0;
        long next = pcids ? value & Long.MAX_VALUE : value;
        if (state.longModeActive() && (next & (cr3Reserved | cpu.walker.beyondGuest())) != 0) {
            throw generalProtection();
        }
        boolean pae = state.paging() && !state.longModeActive() && (state.cr4 & Cr4.PAE) != 0;
        if (pae && !cpu.walker.loadPdptes(next)) {
            throw generalProtection();
        }
        state.cr3 = next;
        cpu.mmu.loadedCr3(keep);
        cpu.wantAttention();
    }

    /** MOV to CR4. */
    void writeCr4(long value) {
        long changed = value ^ state.cr4;
        boolean longMode = state.longModeActive();
        boolean impossible = (value & ~cr4Allowed) != 0
                || (longMode && (changed & Cr4.LA57) != 0)
                || (longMode && (value & Cr4.PAE) == 0)
                || ((changed & value & Cr4.PCIDE) != 0 && (!longMode || (state.cr3 & PCID) != 0));
        if (impossible || !cpu.extension.allowsControlRegister(4, value)) {
            throw generalProtection();
        }
        boolean pae = state.paging() && !longMode && (value & Cr4.PAE) != 0;
        if (pae && (changed & CR4_PDPTE) != 0 && !cpu.walker.loadPdptes(state.cr3)) {
            throw generalProtection();
        }
        state.cr4 = value;
        if ((changed & CR4_FLUSHING) != 0) {
            cpu.mmu.flushAll();
        } else if ((changed & (Cr4.SMAP | Cr4.PKE)) != 0) {
            cpu.mmu.rightsChanged();
        }
        if ((changed & Cr4.DE) != 0) {
            debug.changed();
        }
        cpu.modeChanged();
    }

    /** MOV to CR8: the task priority. */
    void writeCr8(long value) {
        if ((value & ~0xfL) != 0) {
            throw generalProtection();
        }
        cpu.syncClock();
        cpu.apic.setTaskPriorityClass((int) value);
        cpu.wantAttention();
    }

    /** WRMSR to IA32_EFER; false for #GP(0). LMA is read-only and ignored. */
    public boolean writeEfer(long value) {
        long changed = value ^ state.efer;
        if ((value & ~eferAllowed) != 0 || (state.paging() && (changed & Efer.LME) != 0)) {
            return false;
        }
        state.efer = (value & ~Efer.LMA) | (state.efer & Efer.LMA);
        if ((changed & Efer.NXE) != 0) {
            cpu.mmu.flushAll();
        }
        cpu.modeChanged();
        return true;
    }
}
