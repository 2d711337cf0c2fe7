package org.thirdmode.x86.exec.system;

import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Cr4;

/**
 * What DR0 to DR3 and DR7 watch. SDM 3B "Debug Registers".
 *
 * <pre>
 *   DR7   31:30 LEN3  29:28 R/W3 ... 19:18 LEN0  17:16 R/W0   13 GD   9 GE  8 LE   7 G3 6 L3 ... 1 G0 0 L0
 *   DR6   15 BT  14 BS  13 BD   3:0 B3..B0
 * </pre>
 */
public final class DebugRegisters implements Mmu.DataWatch {
    /** DR6: a task switch into a task with the T flag. */
    public static final int BT = 1 << 15;

    /** DR6: single step. */
    public static final int BS = 1 << 14;

    /** DR6: access to a debug register while DR7.GD was set. */
    public static final int BD = 1 << 13;

    /** DR7.GD: general detect. */
    public static final long GD = 1L << 13;

    private static final int ON_EXECUTION = 0;
    private static final int ON_WRITE = 1;
    private static final int ON_PORT = 2;
    private static final int ON_ACCESS = 3;

    private final Processor cpu;
    private final CpuState state;

    private boolean instructions;
    private boolean data;
    private boolean ports;

    DebugRegisters(Processor cpu) {
        this.cpu = cpu;
        this.state = cpu.state;
    }

    /** After DR0..DR3, DR7 or CR4.DE changed. */
    public void changed() {
        boolean watched = data;
        instructions = false;
        data = false;
        ports = false;
        for (int n = 0; n < 4; n++) {
            if (enabled(n)) {
                int kind = kind(n);
                instructions |= kind == ON_EXECUTION;
                ports |= kind == ON_PORT && (state.cr4 & Cr4.DE) != 0;
                data |= kind == ON_WRITE || kind == ON_ACCESS;
            }
        }
        if (data || watched) {
            cpu.mmu.watch(data ? this : null);
        }
        cpu.wantAttention();
    }

    private boolean enabled(int n) {
        return ((state.dr[7] >>> (n * 2)) & 3) != 0;
    }

    private int kind(int n) {
        return (int) (state.dr[7] >>> (16 + (n * 4))) & 3;
    }

    /** Bytes watched: 1, 2, 4 or 8; the address is aligned to that. */
    private int length(int n) {
        return switch ((int) (state.dr[7] >>> (18 + (n * 4))) & 3) {
            case 0 -> 1;
            case 1 -> 2;
            case 2 -> 8;
            default -> 4;
        };
    }

    /** Whether any instruction breakpoint is enabled. */
    public boolean watchesInstructions() {
        return instructions;
    }

    /** Whether any data or I/O breakpoint is enabled: string instructions then trap after each iteration. */
    public boolean watchesData() {
        return data || ports;
    }

    /** B0..B3 of the instruction breakpoints at a linear address. */
    public int instructionHits(long linear) {
        int hits = 0;
        for (int n = 0; n < 4; n++) {
            if (enabled(n) && kind(n) == ON_EXECUTION && state.dr[n] == linear) {
                hits |= 1 << n;
            }
        }
        return hits;
    }

    /** After an access to {@code size} I/O ports: matches trap after the instruction. */
    void portsAccessed(int port, int size) {
        if (!ports) {
            return;
        }
        for (int n = 0; n < 4; n++) {
            if (enabled(n) && kind(n) == ON_PORT && overlaps(n, port, size)) {
                hit(n);
            }
        }
    }

    @Override
    public boolean watchesPage(long linear) {
        for (int n = 0; n < 4; n++) {
            if (enabled(n) && (kind(n) & 1) != 0 && (state.dr[n] & -4096L) == (linear & -4096L)) {
                return true;
            }
        }
        return false;
    }

    @Override
    public void accessed(long linear, int size, boolean write) {
        for (int n = 0; n < 4; n++) {
            int kind = kind(n);
            if (enabled(n) && (kind == ON_ACCESS || (write && kind == ON_WRITE)) && overlaps(n, linear, size)) {
                hit(n);
            }
        }
    }

    private boolean overlaps(int n, long address, int size) {
        int length = length(n);
        long first = state.dr[n] & -length;
        return first - address < size && address - first < length;
    }

    private void hit(int n) {
        cpu.pendingDebug |= 1 << n;
        cpu.wantAttention();
    }
}
