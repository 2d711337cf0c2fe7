package org.thirdmode.x86.exec;

import java.lang.invoke.VarHandle;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.paging.Reenter;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.GuestExit;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Segment;

/**
 * The interpreter's inner loop: fetches decoded instructions of one page after the other, executes the fast forms itself
 * and sends the others to the second level, until the budget is spent or something wants attention.
 *
 * <p>It runs only where nothing has to be looked at between two instructions; {@link Processor#step} does the rest.
 *
 * <p>Why it looks as it does: the JVM compiles {@link #run} once and keeps the instruction, the budget and the two flag
 * words close. The next instruction comes by a link, not by an index, because that is the longest chain of the loop. What
 * two cases both compute the JVM computes once, before the dispatch, for every instruction, and so it does with what both
 * load from a field: a hundred machine instructions before each dispatch, in a loop that has seen all forms. So forms that
 * share an expression of what the loop has prepared stand together under one label and part ways there, or load a part of it
 * again behind a fence ({@link #again}); and what the loop needs of this object is in local variables. A case commits to
 * registers and flags only after its last access to memory, so an access that throws leaves the instruction as if it had not
 * begun. A method of 8,000 bytecodes or more would never be compiled; a test watches.
 */
final class RunLoop {
    private static final long LOW32 = 0xffff_ffffL;

    /** Bits of {@link Flags#aux}. */
    private static final int CARRY = 1 << 31;

    private static final int INTO_TOP = 1 << 30;
    private static final int TOP2 = CARRY | INTO_TOP;
    private static final int SIGN = 1 << 7;
    private static final int AF = 1 << 3;

    /** Of the carries of a 32-bit operation, all but bits 15:7, which mean something else in {@link Flags#aux}. */
    static final int KEEP32 = ~0xff80;

    /** No page has this address, no access to it can be canonical: it sends the instruction to the second level. */
    private static final long NOWHERE = Long.MIN_VALUE + 1;

    private final Processor cpu;
    private final CpuState s;
    private final CodeCache code;
    private final Mmu mmu;

    /** Why {@link #run} came back: there is nothing to be done but to look again. */
    static final int LOOK = 0;

    /** The next instruction must be stepped. */
    static final int STEP = 1;

    /** The instruction in execution has raised {@link Processor#fault}. */
    static final int FAULT = 2;

    /** The instruction in execution leaves the guest. */
    static final int EXIT = 3;

    /** Whether the second level has the instruction: then registers, flags and budget are where it left them. */
    private boolean inSecondLevel;

    /** Where the budget ended. */
    private CodePage stoppedIn;

    /** With no more ticks left than this a region may have ended for that alone. */
    private static final int END_OF_REGION = 100;

    /** A region ended because of the budget. */
    private boolean onlyEndOfRegion;

    RunLoop(Processor cpu, CodeCache code) {
        this.cpu = cpu;
        this.s = cpu.state;
        this.code = code;
        this.mmu = cpu.mmu;
    }

    /**
     * Runs until {@code cpu.budget} is spent, the second level asks to look again, or an instruction needs the careful
     * way.
     *
     * @return why. What the instruction threw is told so too: to unwind one more compiled method costs as much as a
     *     hundred instructions
     */
    int run() {
        final CpuState s = this.s;
        final Mmu mmu = this.mmu;
        final CodeCache code = this.code;
        final long[] r = s.r;
        final Flags flags = s.flags;
        long result = flags.result;
        int aux = flags.aux;
        long budget = cpu.budget;
        Instruction i = CodePage.END;
        // The page in execution, its slots for the code width in force, and the RIP of its first byte.
        CodePage page;
        Instruction[] slots;
        long pageRip = 0;
        try {
            while (true) {
                long linear = (s.segmentBase[Segment.CS] + s.rip) & s.linearMask;
                pageRip = s.rip - (linear & 0xfff);
                i = CodePage.END;
                if (budget == 0) {
                    // Not even the fetch of a further page may happen past the last instruction.
                    return LOOK;
                }
                if (!cpu.wholePageInCodeSegment(pageRip)) {
                    return STEP;
                }
                s.instructionRip = s.rip;
                page = code.page(linear);
                if (page == null) {
                    return STEP;
                }
                slots = page.slots(s.codeWidth);
                r[CpuState.RIP_PAGE] = linear & -4096L;
                i = code.instructionAt(page, slots, (int) linear & 0xfff);
                samePage:
                while (true) {
                    if (--budget < 0) {
                        budget = 0;
                        stoppedIn = page;
                        s.rip = (pageRip + i.offset) & s.ripMask;
                        return LOOK;
                    }
                    sequential:
                    {
                        long source = r[i.source] + i.immediate;
                        long m = source;
                        long at = 0;
                        if (i.load != 0) {
                            at = linear(s, effectiveAddress(r, i), i.segment, i.updates ? s.writeEnd : s.readEnd);
                            m = mmu.load(at, i.load, i.updates);
                        }
                        switch (i.form) {
                            case Forms.ADD_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x + y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = ((x & y) | ((x | y) & ~z)) & KEEP32;
                                break sequential;
                            }
                            case Forms.SUB_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x - y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                break sequential;
                            }
                            case Forms.CMP_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x - y;
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                break sequential;
                            }
                            case Forms.AND_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x & y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.TEST_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x & y;
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.OR_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x | y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.XOR_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x ^ y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.CMP_MR_32, Forms.SUB_MR_32, Forms.DEC_M_32 -> {
                                int x = (int) m;
                                int y = i.form == Forms.DEC_M_32 ? 1 : (int) again(r, i);
                                int z = x - y;
                                if (i.form != Forms.CMP_MR_32) {
                                    mmu.write32(at, z);
                                }
                                int carries = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                result = z;
                                aux = i.form == Forms.DEC_M_32 ? keepCarry(aux, carries) : carries;
                                break sequential;
                            }
                            case Forms.TEST_MR_32 -> {
                                result = (int) (m & again(r, i));
                                aux = 0;
                                break sequential;
                            }
                            case Forms.ADD_MR_32 -> {
                                int x = (int) m;
                                int y = (int) again(r, i);
                                int z = x + y;
                                mmu.write32(at, z);
                                result = z;
                                aux = ((x & y) | ((x | y) & ~z)) & KEEP32;
                                break sequential;
                            }
                            case Forms.AND_MR_32 -> {
                                int x = (int) m;
                                int y = (int) again(r, i);
                                int z = x & y;
                                mmu.write32(at, z);
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.OR_MR_32 -> {
                                int x = (int) m;
                                int y = (int) again(r, i);
                                int z = x | y;
                                mmu.write32(at, z);
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.XOR_MR_32 -> {
                                int x = (int) m;
                                int y = (int) again(r, i);
                                int z = x ^ y;
                                mmu.write32(at, z);
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.INC_32 -> {
                                int x = (int) r[i.a];
                                int z = x + 1;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = keepCarry(aux, ((x & 1) | ((x | 1) & ~z)) & KEEP32);
                                break sequential;
                            }
                            case Forms.INC_M_32 -> {
                                int x = (int) m;
                                int z = x + 1;
                                mmu.write32(at, z);
                                result = z;
                                aux = keepCarry(aux, ((x & 1) | ((x | 1) & ~z)) & KEEP32);
                                break sequential;
                            }
                            case Forms.DEC_32 -> {
                                int x = (int) r[i.a];
                                int z = x - 1;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = keepCarry(aux, ((~x & 1) | ((~x | 1) & z)) & KEEP32);
                                break sequential;
                            }
                            case Forms.NEG_32 -> {
                                int y = (int) r[i.a];
                                int z = -y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = (y | z) & KEEP32;
                                break sequential;
                            }
                            case Forms.NOT_32 -> {
                                r[i.a] = ~r[i.a] & LOW32;
                                break sequential;
                            }
                            case Forms.MOV_32 -> {
                                r[i.a] = m & LOW32;
                                break sequential;
                            }
                            case Forms.STORE_32 -> {
                                mmu.write32(writable(s, i), (int) source);
                                break sequential;
                            }
                            case Forms.LEA_32 -> {
                                r[i.a] = addressAlone(r, i) & LOW32;
                                break sequential;
                            }
                            case Forms.MOVSX8_32 -> {
                                r[i.a] = (byte) m & LOW32;
                                break sequential;
                            }
                            case Forms.MOVSX16_32 -> {
                                r[i.a] = (short) m & LOW32;
                                break sequential;
                            }
                            case Forms.ADD_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x + y;
                                r[i.a] = z;
                                result = z;
                                aux = aux64((x & y) | ((x | y) & ~z));
                                break sequential;
                            }
                            case Forms.SUB_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x - y;
                                r[i.a] = z;
                                result = z;
                                aux = aux64((~x & y) | ((~x | y) & z));
                                break sequential;
                            }
                            case Forms.CMP_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x - y;
                                result = z;
                                aux = aux64((~x & y) | ((~x | y) & z));
                                break sequential;
                            }
                            case Forms.AND_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x & y;
                                r[i.a] = z;
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.TEST_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x & y;
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.OR_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x | y;
                                r[i.a] = z;
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.XOR_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x ^ y;
                                r[i.a] = z;
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.CMP_MR_64, Forms.SUB_MR_64, Forms.DEC_M_64 -> {
                                long x = m;
                                long y = i.form == Forms.DEC_M_64 ? 1 : again(r, i);
                                long z = x - y;
                                if (i.form != Forms.CMP_MR_64) {
                                    mmu.write64(at, z);
                                }
                                int carries = aux64((~x & y) | ((~x | y) & z));
                                result = z;
                                aux = i.form == Forms.DEC_M_64 ? keepCarry(aux, carries) : carries;
                                break sequential;
                            }
                            case Forms.TEST_MR_64 -> {
                                result = m & again(r, i);
                                aux = 0;
                                break sequential;
                            }
                            case Forms.ADD_MR_64 -> {
                                long x = m;
                                long y = again(r, i);
                                long z = x + y;
                                mmu.write64(at, z);
                                result = z;
                                aux = aux64((x & y) | ((x | y) & ~z));
                                break sequential;
                            }
                            case Forms.AND_MR_64 -> {
                                long x = m;
                                long y = again(r, i);
                                long z = x & y;
                                mmu.write64(at, z);
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.OR_MR_64 -> {
                                long x = m;
                                long y = again(r, i);
                                long z = x | y;
                                mmu.write64(at, z);
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.XOR_MR_64 -> {
                                long x = m;
                                long y = again(r, i);
                                long z = x ^ y;
                                mmu.write64(at, z);
                                result = z;
                                aux = 0;
                                break sequential;
                            }
                            case Forms.INC_64 -> {
                                long x = r[i.a];
                                long z = x + 1;
                                r[i.a] = z;
                                result = z;
                                aux = keepCarry(aux, aux64((x & 1) | ((x | 1) & ~z)));
                                break sequential;
                            }
                            case Forms.INC_M_64 -> {
                                long x = m;
                                long z = x + 1;
                                mmu.write64(at, z);
                                result = z;
                                aux = keepCarry(aux, aux64((x & 1) | ((x | 1) & ~z)));
                                break sequential;
                            }
                            case Forms.DEC_64 -> {
                                long x = r[i.a];
                                long z = x - 1;
                                r[i.a] = z;
                                result = z;
                                aux = keepCarry(aux, aux64((~x & 1) | ((~x | 1) & z)));
                                break sequential;
                            }
                            case Forms.NEG_64 -> {
                                long y = r[i.a];
                                long z = -y;
                                r[i.a] = z;
                                result = z;
                                aux = aux64(y | z);
                                break sequential;
                            }
                            case Forms.NOT_64 -> {
                                r[i.a] = ~r[i.a];
                                break sequential;
                            }
                            case Forms.MOV_64 -> {
                                r[i.a] = m;
                                break sequential;
                            }
                            case Forms.STORE_64 -> {
                                mmu.write64(writable(s, i), source);
                                break sequential;
                            }
                            case Forms.LEA_64 -> {
                                r[i.a] = addressAlone(r, i);
                                break sequential;
                            }
                            case Forms.MOVSX8_64 -> {
                                r[i.a] = (byte) m;
                                break sequential;
                            }
                            case Forms.MOVSX16_64 -> {
                                r[i.a] = (short) m;
                                break sequential;
                            }
                            case Forms.MOVSXD -> {
                                r[i.a] = (int) m;
                                break sequential;
                            }
                            case Forms.STORE_8 -> {
                                mmu.write8(writable(s, i), (int) source);
                                break sequential;
                            }
                            case Forms.STORE_16 -> {
                                mmu.write16(writable(s, i), (int) source);
                                break sequential;
                            }
                            case Forms.NOP -> {
                                break sequential;
                            }
                            case Forms.ADC_32, Forms.SBB_32, Forms.ADC_64, Forms.SBB_64 -> {
                                switch (i.form) {
                                    case Forms.ADC_32 -> {
                                        int x = (int) r[i.a];
                                        int y = (int) m;
                                        int z = x + y + (aux >>> 31);
                                        r[i.a] = z & LOW32;
                                        result = z;
                                        aux = ((x & y) | ((x | y) & ~z)) & KEEP32;
                                        break sequential;
                                    }
                                    case Forms.SBB_32 -> {
                                        int x = (int) r[i.a];
                                        int y = (int) m;
                                        int z = x - y - (aux >>> 31);
                                        r[i.a] = z & LOW32;
                                        result = z;
                                        aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                        break sequential;
                                    }
                                    case Forms.ADC_64 -> {
                                        long x = r[i.a];
                                        long y = m;
                                        long z = x + y + (aux >>> 31);
                                        r[i.a] = z;
                                        result = z;
                                        aux = aux64((x & y) | ((x | y) & ~z));
                                        break sequential;
                                    }
                                    default -> {
                                        long x = r[i.a];
                                        long y = m;
                                        long z = x - y - (aux >>> 31);
                                        r[i.a] = z;
                                        result = z;
                                        aux = aux64((~x & y) | ((~x | y) & z));
                                        break sequential;
                                    }
                                }
                            }
                            case Forms.SHL_32, Forms.SHR_32, Forms.SAR_32 -> {
                                switch (i.form) {
                                    case Forms.SHL_32 -> {
                                        int n = (int) source & 31;
                                        int x = (int) r[i.a];
                                        int z = x << n;
                                        r[i.a] = z & LOW32;
                                        if (n != 0) {
                                            result = z;
                                            aux = AF | ((x << (n - 1)) & CARRY) | ((z >>> 1) & INTO_TOP);
                                        }
                                        break sequential;
                                    }
                                    case Forms.SHR_32 -> {
                                        int n = (int) source & 31;
                                        int x = (int) r[i.a];
                                        int z = x >>> n;
                                        r[i.a] = z & LOW32;
                                        if (n != 0) {
                                            result = z;
                                            int out = x >>> (n - 1) << 31;
                                            aux = AF | out | ((out >>> 1) ^ ((n == 1 ? x >>> 1 : 0) & INTO_TOP));
                                        }
                                        break sequential;
                                    }
                                    default -> {
                                        int n = (int) source & 31;
                                        int x = (int) r[i.a];
                                        int z = x >> n;
                                        r[i.a] = z & LOW32;
                                        if (n != 0) {
                                            result = z;
                                            int out = x >> (n - 1) << 31;
                                            aux = AF | out | (out >>> 1);
                                        }
                                        break sequential;
                                    }
                                }
                            }
                            case Forms.SHL_64, Forms.SHR_64, Forms.SAR_64 -> {
                                switch (i.form) {
                                    case Forms.SHL_64 -> {
                                        int n = (int) source & 63;
                                        long x = r[i.a];
                                        long z = x << n;
                                        r[i.a] = z;
                                        if (n != 0) {
                                            result = z;
                                            aux = AF
                                                    | ((int) ((x << (n - 1)) >>> 32) & CARRY)
                                                    | ((int) (z >>> 33) & INTO_TOP);
                                        }
                                        break sequential;
                                    }
                                    case Forms.SHR_64 -> {
                                        int n = (int) source & 63;
                                        long x = r[i.a];
                                        long z = x >>> n;
                                        r[i.a] = z;
                                        if (n != 0) {
                                            result = z;
                                            int out = (int) (x >>> (n - 1)) << 31;
                                            aux = AF
                                                    | out
                                                    | ((out >>> 1) ^ ((n == 1 ? (int) (x >>> 33) : 0) & INTO_TOP));
                                        }
                                        break sequential;
                                    }
                                    default -> {
                                        int n = (int) source & 63;
                                        long x = r[i.a];
                                        long z = x >> n;
                                        r[i.a] = z;
                                        if (n != 0) {
                                            result = z;
                                            int out = (int) (x >> (n - 1)) << 31;
                                            aux = AF | out | (out >>> 1);
                                        }
                                        break sequential;
                                    }
                                }
                            }
                            case Forms.ROL_32, Forms.ROR_32, Forms.ROL_64, Forms.ROR_64 -> {
                                switch (i.form) {
                                    case Forms.ROL_32 -> {
                                        int n = (int) source & 31;
                                        int z = Integer.rotateLeft((int) r[i.a], n);
                                        r[i.a] = z & LOW32;
                                        if (n != 0) {
                                            int out = z << 31;
                                            aux = (aux & ~TOP2) | out | ((z >>> 1) & INTO_TOP);
                                        }
                                        break sequential;
                                    }
                                    case Forms.ROR_32 -> {
                                        int n = (int) source & 31;
                                        int z = Integer.rotateRight((int) r[i.a], n);
                                        r[i.a] = z & LOW32;
                                        if (n != 0) {
                                            aux = (aux & ~TOP2) | (z & TOP2);
                                        }
                                        break sequential;
                                    }
                                    case Forms.ROL_64 -> {
                                        int n = (int) source & 63;
                                        long z = Long.rotateLeft(r[i.a], n);
                                        r[i.a] = z;
                                        if (n != 0) {
                                            aux = (aux & ~TOP2) | ((int) z << 31) | ((int) (z >>> 33) & INTO_TOP);
                                        }
                                        break sequential;
                                    }
                                    default -> {
                                        int n = (int) source & 63;
                                        long z = Long.rotateRight(r[i.a], n);
                                        r[i.a] = z;
                                        if (n != 0) {
                                            aux = (aux & ~TOP2) | ((int) (z >>> 32) & TOP2);
                                        }
                                        break sequential;
                                    }
                                }
                            }
                            case Forms.IMUL_32, Forms.IMUL3_32, Forms.IMUL_64, Forms.IMUL3_64 -> {
                                switch (i.form) {
                                    case Forms.IMUL_32 -> {
                                        long product = (long) (int) r[i.a] * (int) m;
                                        int z = (int) product;
                                        r[i.a] = z & LOW32;
                                        aux = (aux ^ (aux & TOP2)) | (z == product ? 0 : CARRY);
                                        break sequential;
                                    }
                                    case Forms.IMUL3_32 -> {
                                        long product = (long) (int) (i.load == 0 ? r[i.b] : m) * (int) i.immediate;
                                        int z = (int) product;
                                        r[i.a] = z & LOW32;
                                        aux = (aux ^ (aux & TOP2)) | (z == product ? 0 : CARRY);
                                        break sequential;
                                    }
                                    case Forms.IMUL_64 -> {
                                        long x = r[i.a];
                                        long y = m;
                                        long z = x * y;
                                        r[i.a] = z;
                                        aux = (aux ^ (aux & TOP2)) | (Math.multiplyHigh(x, y) == z >> 63 ? 0 : CARRY);
                                        break sequential;
                                    }
                                    default -> {
                                        long x = i.load == 0 ? r[i.b] : m;
                                        long y = i.immediate;
                                        long z = x * y;
                                        r[i.a] = z;
                                        aux = (aux ^ (aux & TOP2)) | (Math.multiplyHigh(x, y) == z >> 63 ? 0 : CARRY);
                                        break sequential;
                                    }
                                }
                            }
                            case Forms.MOVZX8,
                                    Forms.MOVZX16,
                                    Forms.MOV_16,
                                    Forms.MOV_8,
                                    Forms.CMP_8,
                                    Forms.CMP_MR_8,
                                    Forms.TEST_8,
                                    Forms.TEST_MR_8,
                                    Forms.AND_8,
                                    Forms.OR_8,
                                    Forms.XOR_8,
                                    Forms.ADD_8,
                                    Forms.SUB_8 -> {
                                switch (i.form) {
                                    case Forms.MOVZX8 -> {
                                        r[i.a] = m & 0xff;
                                        break sequential;
                                    }
                                    case Forms.MOVZX16 -> {
                                        r[i.a] = m & 0xffff;
                                        break sequential;
                                    }
                                    case Forms.MOV_16 -> {
                                        r[i.a] = (r[i.a] & ~0xffffL) | (m & 0xffff);
                                        break sequential;
                                    }
                                    case Forms.MOV_8 -> {
                                        r[i.a] = (r[i.a] & ~0xffL) | (m & 0xff);
                                        break sequential;
                                    }
                                    case Forms.CMP_8 -> {
                                        int x = (int) r[i.a];
                                        int y = (int) m;
                                        int z = x - y;
                                        result = (byte) z;
                                        aux = aux8((~x & y) | ((~x | y) & z));
                                        break sequential;
                                    }
                                    case Forms.CMP_MR_8 -> {
                                        int x = (int) m & 0xff;
                                        int y = (int) again(r, i);
                                        int z = x - y;
                                        result = (byte) z;
                                        aux = aux8((~x & y) | ((~x | y) & z));
                                        break sequential;
                                    }
                                    case Forms.TEST_8 -> {
                                        result = (byte) (r[i.a] & m);
                                        aux = 0;
                                        break sequential;
                                    }
                                    case Forms.TEST_MR_8 -> {
                                        result = (byte) (m & again(r, i));
                                        aux = 0;
                                        break sequential;
                                    }
                                    case Forms.AND_8 -> {
                                        long z = r[i.a] & m;
                                        r[i.a] = (r[i.a] & ~0xffL) | (z & 0xff);
                                        result = (byte) z;
                                        aux = 0;
                                        break sequential;
                                    }
                                    case Forms.OR_8 -> {
                                        long z = r[i.a] | m;
                                        r[i.a] = (r[i.a] & ~0xffL) | (z & 0xff);
                                        result = (byte) z;
                                        aux = 0;
                                        break sequential;
                                    }
                                    case Forms.XOR_8 -> {
                                        long z = r[i.a] ^ m;
                                        r[i.a] = (r[i.a] & ~0xffL) | (z & 0xff);
                                        result = (byte) z;
                                        aux = 0;
                                        break sequential;
                                    }
                                    case Forms.ADD_8 -> {
                                        int x = (int) r[i.a];
                                        int y = (int) m;
                                        int z = x + y;
                                        r[i.a] = (r[i.a] & ~0xffL) | (z & 0xff);
                                        result = (byte) z;
                                        aux = aux8((x & y) | ((x | y) & ~z));
                                        break sequential;
                                    }
                                    default -> {
                                        int x = (int) r[i.a];
                                        int y = (int) m;
                                        int z = x - y;
                                        r[i.a] = (r[i.a] & ~0xffL) | (z & 0xff);
                                        result = (byte) z;
                                        aux = aux8((~x & y) | ((~x | y) & z));
                                        break sequential;
                                    }
                                }
                            }
                            case Forms.PUSH_32,
                                    Forms.POP_32,
                                    Forms.LEAVE_32,
                                    Forms.CALL_REL_32,
                                    Forms.CALL_32,
                                    Forms.JMP_32,
                                    Forms.RET_32 -> {
                                VarHandle.loadLoadFence();
                                switch (i.form) {
                                    case Forms.PUSH_32 -> {
                                        long sp = (r[4] - 4) & s.stackMask;
                                        mmu.write32(stack(s, sp, s.writeEnd), (int) m);
                                        r[4] = (r[4] & ~s.stackMask) | sp;
                                        break sequential;
                                    }
                                    case Forms.POP_32 -> {
                                        long sp = r[4] & s.stackMask;
                                        long value = mmu.read32(stack(s, sp, s.readEnd)) & LOW32;
                                        r[4] = (r[4] & ~s.stackMask) | ((sp + 4) & s.stackMask);
                                        r[i.a] = value;
                                        break sequential;
                                    }
                                    case Forms.LEAVE_32 -> {
                                        long sp = r[5] & s.stackMask;
                                        long value = mmu.read32(stack(s, sp, s.readEnd)) & LOW32;
                                        r[4] = (r[4] & ~s.stackMask) | ((sp + 4) & s.stackMask);
                                        r[5] = value;
                                        break sequential;
                                    }
                                    case Forms.CALL_REL_32 -> {
                                        checkTarget(pageRip, i.target);
                                        long sp = (r[4] - 4) & s.stackMask;
                                        mmu.write32(stack(s, sp, s.writeEnd), (int) pageRip + i.end);
                                        r[4] = (r[4] & ~s.stackMask) | sp;
                                        if ((i.target & -4096) != 0) {
                                            s.rip = (pageRip + i.target) & s.ripMask;
                                            break samePage;
                                        }
                                        i = code.instructionAt(page, slots, i.target);
                                        continue;
                                    }
                                    case Forms.CALL_32 -> {
                                        long to = m & s.ripMask;
                                        checkTarget(pageRip, to - pageRip);
                                        long sp = (r[4] - 4) & s.stackMask;
                                        mmu.write32(stack(s, sp, s.writeEnd), (int) pageRip + i.end);
                                        r[4] = (r[4] & ~s.stackMask) | sp;
                                        long near = to - pageRip;
                                        if ((near & -4096) != 0) {
                                            s.rip = to;
                                            break samePage;
                                        }
                                        i = code.instructionAt(page, slots, (int) near);
                                        continue;
                                    }
                                    case Forms.JMP_32 -> {
                                        long to = m & s.ripMask;
                                        checkTarget(pageRip, to - pageRip);
                                        long near = to - pageRip;
                                        if ((near & -4096) != 0) {
                                            s.rip = to;
                                            break samePage;
                                        }
                                        i = code.instructionAt(page, slots, (int) near);
                                        continue;
                                    }
                                    default -> {
                                        long sp = r[4] & s.stackMask;
                                        long to = mmu.read32(stack(s, sp, s.readEnd)) & LOW32;
                                        checkTarget(pageRip, to - pageRip);
                                        r[4] = (r[4] & ~s.stackMask) | ((sp + 4) & s.stackMask);
                                        long near = to - pageRip;
                                        if ((near & -4096) != 0) {
                                            s.rip = to;
                                            break samePage;
                                        }
                                        i = code.instructionAt(page, slots, (int) near);
                                        continue;
                                    }
                                }
                            }
                            case Forms.PUSH_64,
                                    Forms.POP_64,
                                    Forms.LEAVE_64,
                                    Forms.CALL_REL_64,
                                    Forms.CALL_64,
                                    Forms.JMP_64,
                                    Forms.RET_64 -> {
                                VarHandle.loadLoadFence();
                                switch (i.form) {
                                    case Forms.PUSH_64 -> {
                                        long sp = r[4] - 8;
                                        mmu.write64(stack(s, sp, s.writeEnd), m);
                                        r[4] = sp;
                                        break sequential;
                                    }
                                    case Forms.POP_64 -> {
                                        long sp = r[4];
                                        long value = mmu.read64(stack(s, sp, s.readEnd));
                                        r[4] = sp + 8;
                                        r[i.a] = value;
                                        break sequential;
                                    }
                                    case Forms.LEAVE_64 -> {
                                        long sp = r[5];
                                        long value = mmu.read64(stack(s, sp, s.readEnd));
                                        r[4] = sp + 8;
                                        r[5] = value;
                                        break sequential;
                                    }
                                    case Forms.CALL_REL_64 -> {
                                        checkTarget(pageRip, i.target);
                                        long sp = r[4] - 8;
                                        mmu.write64(stack(s, sp, s.writeEnd), (pageRip + i.end));
                                        r[4] = sp;
                                        if ((i.target & -4096) != 0) {
                                            s.rip = (pageRip + i.target) & s.ripMask;
                                            break samePage;
                                        }
                                        i = code.instructionAt(page, slots, i.target);
                                        continue;
                                    }
                                    case Forms.CALL_64 -> {
                                        long to = m;
                                        checkTarget(pageRip, to - pageRip);
                                        long sp = r[4] - 8;
                                        mmu.write64(stack(s, sp, s.writeEnd), (pageRip + i.end));
                                        r[4] = sp;
                                        long near = to - pageRip;
                                        if ((near & -4096) != 0) {
                                            s.rip = to;
                                            break samePage;
                                        }
                                        i = code.instructionAt(page, slots, (int) near);
                                        continue;
                                    }
                                    case Forms.JMP_64 -> {
                                        long to = m;
                                        checkTarget(pageRip, to - pageRip);
                                        long near = to - pageRip;
                                        if ((near & -4096) != 0) {
                                            s.rip = to;
                                            break samePage;
                                        }
                                        i = code.instructionAt(page, slots, (int) near);
                                        continue;
                                    }
                                    default -> {
                                        long sp = r[4];
                                        long to = mmu.read64(stack(s, sp, s.readEnd));
                                        checkTarget(pageRip, to - pageRip);
                                        r[4] = sp + 8;
                                        long near = to - pageRip;
                                        if ((near & -4096) != 0) {
                                            s.rip = to;
                                            break samePage;
                                        }
                                        i = code.instructionAt(page, slots, (int) near);
                                        continue;
                                    }
                                }
                            }
                            case Forms.JZ -> {
                                if (result != 0) {
                                    break sequential;
                                }
                            }
                            case Forms.JNZ -> {
                                if (result == 0) {
                                    break sequential;
                                }
                            }
                            case Forms.JB -> {
                                if (aux >= 0) {
                                    break sequential;
                                }
                            }
                            case Forms.JAE -> {
                                if (aux < 0) {
                                    break sequential;
                                }
                            }
                            case Forms.JMP_REL -> {}

                            case Forms.JO,
                                    Forms.JNO,
                                    Forms.JBE,
                                    Forms.JA,
                                    Forms.JS,
                                    Forms.JNS,
                                    Forms.JP,
                                    Forms.JNP,
                                    Forms.JL,
                                    Forms.JGE,
                                    Forms.JLE,
                                    Forms.JG,
                                    Forms.CMOV_32,
                                    Forms.CMOV_64,
                                    Forms.SETCC -> {
                                boolean holds = holds(i.condition, result, aux);
                                switch (i.form) {
                                    case Forms.CMOV_32 -> {
                                        r[i.a] = (holds ? m : r[i.a]) & LOW32;
                                        break sequential;
                                    }
                                    case Forms.CMOV_64 -> {
                                        r[i.a] = holds ? m : r[i.a];
                                        break sequential;
                                    }
                                    case Forms.SETCC -> {
                                        r[i.a] = (r[i.a] & ~0xffL) | (holds ? 1 : 0);
                                        break sequential;
                                    }
                                    default -> {
                                        if (!holds) {
                                            break sequential;
                                        }
                                    }
                                }
                            }
                            case Forms.LEAVE_PAGE -> {
                                budget++;
                                s.rip = (pageRip + i.offset) & s.ripMask;
                                break samePage;
                            }
                            case Forms.CAREFUL -> {
                                budget++;
                                s.rip = (pageRip + i.offset) & s.ripMask;
                                return STEP;
                            }
                            case Forms.DROPPED -> {
                                budget++;
                                i = code.instructionAt(page, slots, i.offset);
                                continue;
                            }
                            default -> {
                                VarHandle.loadLoadFence();
                                flags.result = result;
                                flags.aux = aux;
                                if (i.form == Forms.REGION) {
                                    cpu.budget = budget + 1;
                                    Region region = (Region) i.region;
                                    int offset = region.enter(cpu);
                                    result = flags.result;
                                    aux = flags.aux;
                                    boolean begun = cpu.budget != budget + 1;
                                    budget = cpu.budget;
                                    i = begun || cpu.thrown != null
                                            ? code.instructionAt(page, slots, offset)
                                            : region.interpreted;
                                    if (cpu.thrown != null) {
                                        budget--;
                                        throw thrown();
                                    }
                                    onlyEndOfRegion = budget < END_OF_REGION;
                                    continue;
                                }
                                if (i.form >= Forms.FIRST_RARE && RareForms.execute(i, source, m, r, flags)) {
                                    result = flags.result;
                                    aux = flags.aux;
                                    break sequential;
                                }
                                cpu.budget = budget;
                                boolean onward = secondLevel(pageRip, i);
                                result = flags.result;
                                aux = flags.aux;
                                budget = cpu.budget;
                                if (cpu.reenter) {
                                    cpu.reenter = false;
                                    return cpu.left() ? EXIT : LOOK;
                                }
                                if (!onward) {
                                    break samePage;
                                }
                                break sequential;
                            }
                        }
                        // A relative branch is taken.
                        Instruction target = i.jump;
                        if (target == null) {
                            VarHandle.loadLoadFence();
                            checkTarget(pageRip, i.target);
                            if ((i.target & -4096) != 0) {
                                s.rip = (pageRip + i.target) & s.ripMask;
                                break samePage;
                            }
                            target = code.instructionAt(page, slots, i.target);
                            i.jump = target;
                        }
                        i = target;
                        continue;
                    }
                    Instruction next = i.next;
                    if (next == null) {
                        VarHandle.loadLoadFence();
                        next = code.instructionAt(page, slots, i.end);
                        i.next = next;
                    }
                    i = next;
                }
            }
        } catch (GuestFault | GuestExit unwinding) {
            if (inSecondLevel) {
                inSecondLevel = false;
                result = flags.result;
                aux = flags.aux;
                budget = cpu.budget;
            } else if (i == CodePage.END) {
                // The fetch of a further page: an attempt like any other.
                budget--;
            } else if (i.form > Forms.DROPPED) {
                s.instructionRip = (pageRip + i.offset) & s.ripMask;
            }
            return unwinding instanceof GuestExit ? EXIT : FAULT;
        } catch (Reenter ignored) {
            s.rip = (pageRip + i.end) & s.ripMask;
            s.instructionRip = (pageRip + i.offset) & s.ripMask;
            flags.result = result;
            flags.aux = aux;
            cpu.budget = budget;
            cpu.execute(i);
            result = flags.result;
            aux = flags.aux;
            budget = cpu.budget;
            cpu.reenter = false;
            return cpu.left() ? EXIT : LOOK;
        } finally {
            flags.result = result;
            flags.aux = aux;
            cpu.budget = budget;
        }
    }

    /** What an instruction of a region has thrown. */
    private RuntimeException thrown() {
        RuntimeException thrown = cpu.thrown;
        cpu.thrown = null;
        return thrown;
    }

    /**
     * The page in which the budget ended; null where it ended elsewhere, or just after a region. Asked once.
     */
    CodePage stoppedIn() {
        CodePage page = onlyEndOfRegion ? null : stoppedIn;
        onlyEndOfRegion = false;
        stoppedIn = null;
        return page;
    }

    /** Has the second level execute {@code i}; whether the instruction after it in the page is the next one. */
    private boolean secondLevel(long pageRip, Instruction i) {
        long next = (pageRip + i.end) & s.ripMask;
        s.rip = next;
        s.instructionRip = (pageRip + i.offset) & s.ripMask;
        inSecondLevel = true;
        cpu.execute(i);
        inSecondLevel = false;
        return s.rip == next;
    }

    /**
     * Before a branch commits: sends it to the second level, which knows what to raise, if its target may lie outside the
     * code segment. A target in the same page does not: {@link #run} runs only pages that lie wholly within it.
     */
    private void checkTarget(long pageRip, long target) {
        if ((target & -4096L) != 0 && !cpu.wholePageInCodeSegment(pageRip + (target & -4096L))) {
            throw mmu.reenter();
        }
    }

    /**
     * The source operand, loaded again. To the JVM what is loaded behind a fence is another value than before it, so that
     * what a form computes of it stays with the form; on x86 processors such a fence is no instruction.
     */
    private static long again(long[] r, Instruction i) {
        VarHandle.loadLoadFence();
        return r[i.source] + i.immediate;
    }

    /** {@link #effectiveAddress} for forms that have not loaded their operand; see {@link #again}. */
    private static long addressAlone(long[] r, Instruction i) {
        VarHandle.loadLoadFence();
        return effectiveAddress(r, i);
    }

    private static long effectiveAddress(long[] r, Instruction i) {
        return (r[i.base] + (r[i.index] << i.scale) + i.displacement) & i.addressMask;
    }

    /** The linear address of the memory operand if its segment lets it be written, else {@link #NOWHERE}. */
    private static long writable(CpuState s, Instruction i) {
        return linear(s, addressAlone(s.r, i), i.segment, s.writeEnd);
    }

    private static long stack(CpuState s, long sp, long[] end) {
        return linear(s, sp, Segment.SS, end);
    }

    private static long linear(CpuState s, long offset, int segment, long[] end) {
        return Long.compareUnsigned(offset, end[segment]) < 0
                ? (offset + s.segmentBase[segment]) & s.linearMask
                : NOWHERE;
    }

    /** {@link Flags#aux} after a 64-bit operation with these carries. */
    static int aux64(long carries) {
        return ((int) (carries >>> 32) & TOP2) | ((int) carries & AF);
    }

    /** {@link Flags#aux} after an 8-bit operation with these carries. */
    static int aux8(int carries) {
        return (carries << 24) | (carries & AF);
    }

    /** The {@code computed} carries but for CF, which stays: where it would change, both top bits flip, so OF does not. */
    static int keepCarry(int aux, int computed) {
        return computed ^ (((computed ^ aux) >> 31) & TOP2);
    }

    private static boolean negative(long result, int aux) {
        return (result < 0) != ((aux & SIGN) != 0);
    }

    /** SF != OF. */
    private static boolean less(long result, int aux) {
        return (result < 0) != ((aux ^ (aux << 1) ^ (aux << 24)) < 0);
    }

    private static boolean parity(long result, int aux) {
        return (Integer.bitCount(((int) result ^ (aux >>> 8)) & 0xff) & 1) == 0;
    }

    /** Whether condition {@code code} holds; as {@link Flags#condition}. */
    static boolean holds(int code, long result, int aux) {
        boolean holds = switch (code >>> 1) {
            case 0 -> (aux ^ (aux << 1)) < 0;
            case 1 -> aux < 0;
            case 2 -> result == 0;
            case 3 -> aux < 0 || result == 0;
            case 4 -> negative(result, aux);
            case 5 -> parity(result, aux);
            case 6 -> less(result, aux);
            default -> result == 0 || less(result, aux);
        };
        return holds == ((code & 1) == 0);
    }
}
