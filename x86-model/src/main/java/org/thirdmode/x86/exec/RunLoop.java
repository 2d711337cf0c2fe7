package org.thirdmode.x86.exec;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.paging.Mmu;
import org.thirdmode.x86.paging.Reenter;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.GuestFault;
import org.thirdmode.x86.state.Segment;

/**
 * The interpreter's inner loop: fetches decoded instructions of one page after the other, executes the fast forms itself
 * and sends the others to the second level, until the budget is spent or something wants attention.
 *
 * <p>It runs only where nothing has to be looked at between two instructions; {@link Processor#step} does the rest.
 *
 * <p>Why it looks as it does: the JVM compiles {@link #run} once and keeps offset, budget and the two flag words in host
 * registers. A case commits to registers and flags only after its last access to memory, so an access that throws leaves
 * the instruction as if it had not begun. A method of 8,000 bytecodes or more would never be compiled; a test watches.
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
    private static final int KEEP32 = ~0xff80;

    /** No page has this address, no access to it can be canonical: it sends the instruction to the second level. */
    private static final long NOWHERE = Long.MIN_VALUE + 1;

    private final Processor cpu;
    private final CpuState s;
    private final CodeCache code;
    private final Mmu mmu;

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
     * @return whether the next instruction must be stepped
     */
    boolean run() {
        final long[] r = s.r;
        final Flags flags = s.flags;
        long result = flags.result;
        int aux = flags.aux;
        long budget = cpu.budget;
        Instruction i = CodePage.END;
        int offset = 0;
        long pageRip = 0;
        try {
            while (true) {
                long linear = (s.segmentBase[Segment.CS] + s.rip) & s.linearMask;
                pageRip = s.rip - (linear & 0xfff);
                i = CodePage.END;
                if (budget == 0) {
                    // Not even the fetch of a further page may happen past the last instruction.
                    return false;
                }
                if (!cpu.wholePageInCodeSegment(pageRip)) {
                    return true;
                }
                s.instructionRip = s.rip;
                CodePage page = code.page(linear);
                if (page == null) {
                    return true;
                }
                Instruction[] slots = page.slots(s.codeWidth);
                r[CpuState.RIP_PAGE] = linear & -4096L;
                offset = (int) linear & 0xfff;
                samePage:
                {
                    while (true) {
                        i = slots[offset];
                        if (i == null) {
                            i = code.decode(page, offset);
                        }
                        if (--budget < 0) {
                            budget = 0;
                            s.rip = (pageRip + offset) & s.ripMask;
                            return false;
                        }
                        offset += i.length;
                        long source = r[i.source] + i.immediate;
                        long m = source;
                        long at = 0;
                        if (i.load != 0) {
                            at = linear(effectiveAddress(r, i), i.segment, i.updates ? s.writeEnd : s.readEnd);
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
                                continue;
                            }
                            case Forms.ADC_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x + y + (aux >>> 31);
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = ((x & y) | ((x | y) & ~z)) & KEEP32;
                                continue;
                            }
                            case Forms.SUB_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x - y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                continue;
                            }
                            case Forms.SBB_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x - y - (aux >>> 31);
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                continue;
                            }
                            case Forms.CMP_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x - y;
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                continue;
                            }
                            case Forms.AND_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x & y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.TEST_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x & y;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.OR_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x | y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.XOR_32 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x ^ y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.CMP_MR_32 -> {
                                int x = (int) m;
                                int y = (int) source;
                                int z = x - y;
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                continue;
                            }
                            case Forms.TEST_MR_32 -> {
                                result = (int) (m & source);
                                aux = 0;
                                continue;
                            }
                            case Forms.ADD_MR_32 -> {
                                int x = (int) m;
                                int y = (int) source;
                                int z = x + y;
                                mmu.write32(at, z);
                                result = z;
                                aux = ((x & y) | ((x | y) & ~z)) & KEEP32;
                                continue;
                            }
                            case Forms.SUB_MR_32 -> {
                                int x = (int) m;
                                int y = (int) source;
                                int z = x - y;
                                mmu.write32(at, z);
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                continue;
                            }
                            case Forms.AND_MR_32 -> {
                                int x = (int) m;
                                int y = (int) source;
                                int z = x & y;
                                mmu.write32(at, z);
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.OR_MR_32 -> {
                                int x = (int) m;
                                int y = (int) source;
                                int z = x | y;
                                mmu.write32(at, z);
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.XOR_MR_32 -> {
                                int x = (int) m;
                                int y = (int) source;
                                int z = x ^ y;
                                mmu.write32(at, z);
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.INC_32 -> {
                                int x = (int) r[i.a];
                                int z = x + 1;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = keepCarry(aux, ((x & 1) | ((x | 1) & ~z)) & KEEP32);
                                continue;
                            }
                            case Forms.INC_M_32 -> {
                                int x = (int) m;
                                int z = x + 1;
                                mmu.write32(at, z);
                                result = z;
                                aux = keepCarry(aux, ((x & 1) | ((x | 1) & ~z)) & KEEP32);
                                continue;
                            }
                            case Forms.DEC_32 -> {
                                int x = (int) r[i.a];
                                int z = x - 1;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = keepCarry(aux, ((~x & 1) | ((~x | 1) & z)) & KEEP32);
                                continue;
                            }
                            case Forms.DEC_M_32 -> {
                                int x = (int) m;
                                int z = x - 1;
                                mmu.write32(at, z);
                                result = z;
                                aux = keepCarry(aux, ((~x & 1) | ((~x | 1) & z)) & KEEP32);
                                continue;
                            }
                            case Forms.NEG_32 -> {
                                int y = (int) r[i.a];
                                int z = -y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = (y | z) & KEEP32;
                                continue;
                            }
                            case Forms.NOT_32 -> {
                                r[i.a] = ~r[i.a] & LOW32;
                                continue;
                            }
                            case Forms.SHL_32 -> {
                                int n = (int) source & 31;
                                int x = (int) r[i.a];
                                int z = x << n;
                                r[i.a] = z & LOW32;
                                if (n != 0) {
                                    result = z;
                                    aux = AF | ((x << (n - 1)) & CARRY) | ((z >>> 1) & INTO_TOP);
                                }
                                continue;
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
                                continue;
                            }
                            case Forms.SAR_32 -> {
                                int n = (int) source & 31;
                                int x = (int) r[i.a];
                                int z = x >> n;
                                r[i.a] = z & LOW32;
                                if (n != 0) {
                                    result = z;
                                    int out = x >> (n - 1) << 31;
                                    aux = AF | out | (out >>> 1);
                                }
                                continue;
                            }
                            case Forms.ROL_32 -> {
                                int n = (int) source & 31;
                                int z = Integer.rotateLeft((int) r[i.a], n);
                                r[i.a] = z & LOW32;
                                if (n != 0) {
                                    int out = z << 31;
                                    aux = (aux & ~TOP2) | out | ((z >>> 1) & INTO_TOP);
                                }
                                continue;
                            }
                            case Forms.ROR_32 -> {
                                int n = (int) source & 31;
                                int z = Integer.rotateRight((int) r[i.a], n);
                                r[i.a] = z & LOW32;
                                if (n != 0) {
                                    aux = (aux & ~TOP2) | (z & TOP2);
                                }
                                continue;
                            }
                            case Forms.IMUL_32 -> {
                                long product = (long) (int) r[i.a] * (int) m;
                                int z = (int) product;
                                r[i.a] = z & LOW32;
                                aux = (aux & ~TOP2) | (z == product ? 0 : CARRY);
                                continue;
                            }
                            case Forms.IMUL3_32 -> {
                                long product = (long) (int) (i.load == 0 ? r[i.b] : m) * (int) i.immediate;
                                int z = (int) product;
                                r[i.a] = z & LOW32;
                                aux = (aux & ~TOP2) | (z == product ? 0 : CARRY);
                                continue;
                            }
                            case Forms.MOV_32 -> {
                                r[i.a] = m & LOW32;
                                continue;
                            }
                            case Forms.STORE_32 -> {
                                mmu.write32(writable(i), (int) source);
                                continue;
                            }
                            case Forms.LEA_32 -> {
                                r[i.a] = effectiveAddress(r, i) & LOW32;
                                continue;
                            }
                            case Forms.CMOV_32 -> {
                                r[i.a] = (holds(i.condition, result, aux) ? m : r[i.a]) & LOW32;
                                continue;
                            }
                            case Forms.MOVSX8_32 -> {
                                r[i.a] = (byte) m & LOW32;
                                continue;
                            }
                            case Forms.MOVSX16_32 -> {
                                r[i.a] = (short) m & LOW32;
                                continue;
                            }
                            case Forms.PUSH_32 -> {
                                long sp = (r[4] - 4) & s.stackMask;
                                mmu.write32(stack(sp, s.writeEnd), (int) m);
                                r[4] = (r[4] & ~s.stackMask) | sp;
                                continue;
                            }
                            case Forms.POP_32 -> {
                                long sp = r[4] & s.stackMask;
                                long value = mmu.read32(stack(sp, s.readEnd)) & LOW32;
                                r[4] = (r[4] & ~s.stackMask) | ((sp + 4) & s.stackMask);
                                r[i.a] = value;
                                continue;
                            }
                            case Forms.LEAVE_32 -> {
                                long sp = r[5] & s.stackMask;
                                long value = mmu.read32(stack(sp, s.readEnd)) & LOW32;
                                r[4] = (r[4] & ~s.stackMask) | ((sp + 4) & s.stackMask);
                                r[5] = value;
                                continue;
                            }
                            case Forms.CALL_REL_32 -> {
                                checkTarget(pageRip, i.target);
                                long sp = (r[4] - 4) & s.stackMask;
                                mmu.write32(stack(sp, s.writeEnd), (int) (pageRip + offset));
                                r[4] = (r[4] & ~s.stackMask) | sp;
                            }
                            case Forms.CALL_32 -> {
                                long to = m & LOW32;
                                checkTarget(pageRip, to - pageRip);
                                long sp = (r[4] - 4) & s.stackMask;
                                mmu.write32(stack(sp, s.writeEnd), (int) (pageRip + offset));
                                r[4] = (r[4] & ~s.stackMask) | sp;
                                long near = to - pageRip;
                                if ((near & -4096) != 0) {
                                    s.rip = to;
                                    break samePage;
                                }
                                offset = (int) near;
                                continue;
                            }
                            case Forms.JMP_32 -> {
                                long to = m & LOW32;
                                checkTarget(pageRip, to - pageRip);
                                long near = to - pageRip;
                                if ((near & -4096) != 0) {
                                    s.rip = to;
                                    break samePage;
                                }
                                offset = (int) near;
                                continue;
                            }
                            case Forms.RET_32 -> {
                                long sp = r[4] & s.stackMask;
                                long to = mmu.read32(stack(sp, s.readEnd)) & LOW32;
                                checkTarget(pageRip, to - pageRip);
                                r[4] = (r[4] & ~s.stackMask) | ((sp + 4) & s.stackMask);
                                long near = to - pageRip;
                                if ((near & -4096) != 0) {
                                    s.rip = to;
                                    break samePage;
                                }
                                offset = (int) near;
                                continue;
                            }
                            case Forms.ADD_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x + y;
                                r[i.a] = z;
                                result = z;
                                aux = aux64((x & y) | ((x | y) & ~z));
                                continue;
                            }
                            case Forms.ADC_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x + y + (aux >>> 31);
                                r[i.a] = z;
                                result = z;
                                aux = aux64((x & y) | ((x | y) & ~z));
                                continue;
                            }
                            case Forms.SUB_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x - y;
                                r[i.a] = z;
                                result = z;
                                aux = aux64((~x & y) | ((~x | y) & z));
                                continue;
                            }
                            case Forms.SBB_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x - y - (aux >>> 31);
                                r[i.a] = z;
                                result = z;
                                aux = aux64((~x & y) | ((~x | y) & z));
                                continue;
                            }
                            case Forms.CMP_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x - y;
                                result = z;
                                aux = aux64((~x & y) | ((~x | y) & z));
                                continue;
                            }
                            case Forms.AND_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x & y;
                                r[i.a] = z;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.TEST_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x & y;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.OR_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x | y;
                                r[i.a] = z;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.XOR_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x ^ y;
                                r[i.a] = z;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.CMP_MR_64 -> {
                                long x = m;
                                long y = source;
                                long z = x - y;
                                result = z;
                                aux = aux64((~x & y) | ((~x | y) & z));
                                continue;
                            }
                            case Forms.TEST_MR_64 -> {
                                result = (m & source);
                                aux = 0;
                                continue;
                            }
                            case Forms.ADD_MR_64 -> {
                                long x = m;
                                long y = source;
                                long z = x + y;
                                mmu.write64(at, z);
                                result = z;
                                aux = aux64((x & y) | ((x | y) & ~z));
                                continue;
                            }
                            case Forms.SUB_MR_64 -> {
                                long x = m;
                                long y = source;
                                long z = x - y;
                                mmu.write64(at, z);
                                result = z;
                                aux = aux64((~x & y) | ((~x | y) & z));
                                continue;
                            }
                            case Forms.AND_MR_64 -> {
                                long x = m;
                                long y = source;
                                long z = x & y;
                                mmu.write64(at, z);
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.OR_MR_64 -> {
                                long x = m;
                                long y = source;
                                long z = x | y;
                                mmu.write64(at, z);
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.XOR_MR_64 -> {
                                long x = m;
                                long y = source;
                                long z = x ^ y;
                                mmu.write64(at, z);
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.INC_64 -> {
                                long x = r[i.a];
                                long z = x + 1;
                                r[i.a] = z;
                                result = z;
                                aux = keepCarry(aux, aux64((x & 1) | ((x | 1) & ~z)));
                                continue;
                            }
                            case Forms.INC_M_64 -> {
                                long x = m;
                                long z = x + 1;
                                mmu.write64(at, z);
                                result = z;
                                aux = keepCarry(aux, aux64((x & 1) | ((x | 1) & ~z)));
                                continue;
                            }
                            case Forms.DEC_64 -> {
                                long x = r[i.a];
                                long z = x - 1;
                                r[i.a] = z;
                                result = z;
                                aux = keepCarry(aux, aux64((~x & 1) | ((~x | 1) & z)));
                                continue;
                            }
                            case Forms.DEC_M_64 -> {
                                long x = m;
                                long z = x - 1;
                                mmu.write64(at, z);
                                result = z;
                                aux = keepCarry(aux, aux64((~x & 1) | ((~x | 1) & z)));
                                continue;
                            }
                            case Forms.NEG_64 -> {
                                long y = r[i.a];
                                long z = -y;
                                r[i.a] = z;
                                result = z;
                                aux = aux64(y | z);
                                continue;
                            }
                            case Forms.NOT_64 -> {
                                r[i.a] = ~r[i.a];
                                continue;
                            }
                            case Forms.SHL_64 -> {
                                int n = (int) source & 63;
                                long x = r[i.a];
                                long z = x << n;
                                r[i.a] = z;
                                if (n != 0) {
                                    result = z;
                                    aux = AF | ((int) ((x << (n - 1)) >>> 32) & CARRY) | ((int) (z >>> 33) & INTO_TOP);
                                }
                                continue;
                            }
                            case Forms.SHR_64 -> {
                                int n = (int) source & 63;
                                long x = r[i.a];
                                long z = x >>> n;
                                r[i.a] = z;
                                if (n != 0) {
                                    result = z;
                                    int out = (int) (x >>> (n - 1)) << 31;
                                    aux = AF | out | ((out >>> 1) ^ ((n == 1 ? (int) (x >>> 33) : 0) & INTO_TOP));
                                }
                                continue;
                            }
                            case Forms.SAR_64 -> {
                                int n = (int) source & 63;
                                long x = r[i.a];
                                long z = x >> n;
                                r[i.a] = z;
                                if (n != 0) {
                                    result = z;
                                    int out = (int) (x >> (n - 1)) << 31;
                                    aux = AF | out | (out >>> 1);
                                }
                                continue;
                            }
                            case Forms.ROL_64 -> {
                                int n = (int) source & 63;
                                long z = Long.rotateLeft(r[i.a], n);
                                r[i.a] = z;
                                if (n != 0) {
                                    aux = (aux & ~TOP2) | ((int) z << 31) | ((int) (z >>> 33) & INTO_TOP);
                                }
                                continue;
                            }
                            case Forms.ROR_64 -> {
                                int n = (int) source & 63;
                                long z = Long.rotateRight(r[i.a], n);
                                r[i.a] = z;
                                if (n != 0) {
                                    aux = (aux & ~TOP2) | ((int) (z >>> 32) & TOP2);
                                }
                                continue;
                            }
                            case Forms.IMUL_64 -> {
                                long x = r[i.a];
                                long y = m;
                                long z = x * y;
                                r[i.a] = z;
                                aux = (aux & ~TOP2) | (Math.multiplyHigh(x, y) == z >> 63 ? 0 : CARRY);
                                continue;
                            }
                            case Forms.IMUL3_64 -> {
                                long x = i.load == 0 ? r[i.b] : m;
                                long y = i.immediate;
                                long z = x * y;
                                r[i.a] = z;
                                aux = (aux & ~TOP2) | (Math.multiplyHigh(x, y) == z >> 63 ? 0 : CARRY);
                                continue;
                            }
                            case Forms.MOV_64 -> {
                                r[i.a] = m;
                                continue;
                            }
                            case Forms.STORE_64 -> {
                                mmu.write64(writable(i), source);
                                continue;
                            }
                            case Forms.LEA_64 -> {
                                r[i.a] = effectiveAddress(r, i);
                                continue;
                            }
                            case Forms.CMOV_64 -> {
                                r[i.a] = (holds(i.condition, result, aux) ? m : r[i.a]);
                                continue;
                            }
                            case Forms.MOVSX8_64 -> {
                                r[i.a] = (byte) m;
                                continue;
                            }
                            case Forms.MOVSX16_64 -> {
                                r[i.a] = (short) m;
                                continue;
                            }
                            case Forms.PUSH_64 -> {
                                long sp = (r[4] - 8) & s.stackMask;
                                mmu.write64(stack(sp, s.writeEnd), m);
                                r[4] = (r[4] & ~s.stackMask) | sp;
                                continue;
                            }
                            case Forms.POP_64 -> {
                                long sp = r[4] & s.stackMask;
                                long value = mmu.read64(stack(sp, s.readEnd));
                                r[4] = (r[4] & ~s.stackMask) | ((sp + 8) & s.stackMask);
                                r[i.a] = value;
                                continue;
                            }
                            case Forms.LEAVE_64 -> {
                                long sp = r[5] & s.stackMask;
                                long value = mmu.read64(stack(sp, s.readEnd));
                                r[4] = (r[4] & ~s.stackMask) | ((sp + 8) & s.stackMask);
                                r[5] = value;
                                continue;
                            }
                            case Forms.CALL_REL_64 -> {
                                checkTarget(pageRip, i.target);
                                long sp = (r[4] - 8) & s.stackMask;
                                mmu.write64(stack(sp, s.writeEnd), (pageRip + offset));
                                r[4] = (r[4] & ~s.stackMask) | sp;
                            }
                            case Forms.CALL_64 -> {
                                long to = m;
                                checkTarget(pageRip, to - pageRip);
                                long sp = (r[4] - 8) & s.stackMask;
                                mmu.write64(stack(sp, s.writeEnd), (pageRip + offset));
                                r[4] = (r[4] & ~s.stackMask) | sp;
                                long near = to - pageRip;
                                if ((near & -4096) != 0) {
                                    s.rip = to;
                                    break samePage;
                                }
                                offset = (int) near;
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
                                offset = (int) near;
                                continue;
                            }
                            case Forms.RET_64 -> {
                                long sp = r[4] & s.stackMask;
                                long to = mmu.read64(stack(sp, s.readEnd));
                                checkTarget(pageRip, to - pageRip);
                                r[4] = (r[4] & ~s.stackMask) | ((sp + 8) & s.stackMask);
                                long near = to - pageRip;
                                if ((near & -4096) != 0) {
                                    s.rip = to;
                                    break samePage;
                                }
                                offset = (int) near;
                                continue;
                            }
                            case Forms.MOVSXD -> {
                                r[i.a] = (int) m;
                                continue;
                            }
                            case Forms.MOVZX8 -> {
                                r[i.a] = m & 0xff;
                                continue;
                            }
                            case Forms.MOVZX16 -> {
                                r[i.a] = m & 0xffff;
                                continue;
                            }
                            case Forms.MOV_8 -> {
                                r[i.a] = (r[i.a] & ~0xffL) | (m & 0xff);
                                continue;
                            }
                            case Forms.MOV_16 -> {
                                r[i.a] = (r[i.a] & ~0xffffL) | (m & 0xffff);
                                continue;
                            }
                            case Forms.STORE_8 -> {
                                mmu.write8(writable(i), (int) source);
                                continue;
                            }
                            case Forms.STORE_16 -> {
                                mmu.write16(writable(i), (int) source);
                                continue;
                            }
                            case Forms.CMP_8 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x - y;
                                result = (byte) z;
                                aux = aux8((~x & y) | ((~x | y) & z));
                                continue;
                            }
                            case Forms.CMP_MR_8 -> {
                                int x = (int) m;
                                int y = (int) source;
                                int z = x - y;
                                result = (byte) z;
                                aux = aux8((~x & y) | ((~x | y) & z));
                                continue;
                            }
                            case Forms.TEST_8 -> {
                                result = (byte) (r[i.a] & m);
                                aux = 0;
                                continue;
                            }
                            case Forms.TEST_MR_8 -> {
                                result = (byte) (m & source);
                                aux = 0;
                                continue;
                            }
                            case Forms.SETCC -> {
                                r[i.a] = (r[i.a] & ~0xffL) | (holds(i.condition, result, aux) ? 1 : 0);
                                continue;
                            }
                            case Forms.AND_8 -> {
                                long z = r[i.a] & m;
                                r[i.a] = (r[i.a] & ~0xffL) | (z & 0xff);
                                result = (byte) z;
                                aux = 0;
                                continue;
                            }
                            case Forms.OR_8 -> {
                                long z = r[i.a] | m;
                                r[i.a] = (r[i.a] & ~0xffL) | (z & 0xff);
                                result = (byte) z;
                                aux = 0;
                                continue;
                            }
                            case Forms.XOR_8 -> {
                                long z = r[i.a] ^ m;
                                r[i.a] = (r[i.a] & ~0xffL) | (z & 0xff);
                                result = (byte) z;
                                aux = 0;
                                continue;
                            }
                            case Forms.ADD_8 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x + y;
                                r[i.a] = (r[i.a] & ~0xffL) | (z & 0xff);
                                result = (byte) z;
                                aux = aux8((x & y) | ((x | y) & ~z));
                                continue;
                            }
                            case Forms.SUB_8 -> {
                                int x = (int) r[i.a];
                                int y = (int) m;
                                int z = x - y;
                                r[i.a] = (r[i.a] & ~0xffL) | (z & 0xff);
                                result = (byte) z;
                                aux = aux8((~x & y) | ((~x | y) & z));
                                continue;
                            }
                            case Forms.NOP -> {
                                continue;
                            }
                            case Forms.JMP_REL -> {}

                            case Forms.JO -> {
                                if ((aux ^ (aux << 1)) >= 0) {
                                    continue;
                                }
                            }
                            case Forms.JNO -> {
                                if ((aux ^ (aux << 1)) < 0) {
                                    continue;
                                }
                            }
                            case Forms.JB -> {
                                if (aux >= 0) {
                                    continue;
                                }
                            }
                            case Forms.JAE -> {
                                if (aux < 0) {
                                    continue;
                                }
                            }
                            case Forms.JZ -> {
                                if (result != 0) {
                                    continue;
                                }
                            }
                            case Forms.JNZ -> {
                                if (result == 0) {
                                    continue;
                                }
                            }
                            case Forms.JBE -> {
                                if (aux >= 0 && result != 0) {
                                    continue;
                                }
                            }
                            case Forms.JA -> {
                                if (aux < 0 || result == 0) {
                                    continue;
                                }
                            }
                            case Forms.JS -> {
                                if (!negative(result, aux)) {
                                    continue;
                                }
                            }
                            case Forms.JNS -> {
                                if (negative(result, aux)) {
                                    continue;
                                }
                            }
                            case Forms.JP -> {
                                if (!parity(result, aux)) {
                                    continue;
                                }
                            }
                            case Forms.JNP -> {
                                if (parity(result, aux)) {
                                    continue;
                                }
                            }
                            case Forms.JL -> {
                                if (!less(result, aux)) {
                                    continue;
                                }
                            }
                            case Forms.JGE -> {
                                if (less(result, aux)) {
                                    continue;
                                }
                            }
                            case Forms.JLE -> {
                                if (result != 0 && !less(result, aux)) {
                                    continue;
                                }
                            }
                            case Forms.JG -> {
                                if (result == 0 || less(result, aux)) {
                                    continue;
                                }
                            }
                            case Forms.LEAVE_PAGE -> {
                                budget++;
                                s.rip = (pageRip + offset) & s.ripMask;
                                break samePage;
                            }
                            case Forms.CAREFUL -> {
                                budget++;
                                s.rip = (pageRip + offset) & s.ripMask;
                                return true;
                            }
                            default -> {
                                long next = (pageRip + offset) & s.ripMask;
                                s.rip = next;
                                s.instructionRip = (next - i.length) & s.ripMask;
                                flags.result = result;
                                flags.aux = aux;
                                cpu.budget = budget;
                                cpu.execute(i);
                                result = flags.result;
                                aux = flags.aux;
                                budget = cpu.budget;
                                if (cpu.reenter) {
                                    cpu.reenter = false;
                                    return false;
                                }
                                if (s.rip != next) {
                                    break samePage;
                                }
                                continue;
                            }
                        }
                        // A relative branch is taken.
                        checkTarget(pageRip, i.target);
                        offset = i.target;
                        if ((offset & -4096) != 0) {
                            break;
                        }
                    }
                    s.rip = (pageRip + offset) & s.ripMask;
                }
            }
        } catch (GuestFault fault) {
            if (i.form > Forms.CAREFUL) {
                s.instructionRip = (pageRip + offset - i.length) & s.ripMask;
            } else if (i.form == Forms.SECOND_LEVEL) {
                result = flags.result;
                aux = flags.aux;
                budget = cpu.budget;
            }
            throw fault;
        } catch (Reenter ignored) {
            s.rip = (pageRip + offset) & s.ripMask;
            s.instructionRip = (s.rip - i.length) & s.ripMask;
            flags.result = result;
            flags.aux = aux;
            cpu.budget = budget;
            cpu.execute(i);
            result = flags.result;
            aux = flags.aux;
            budget = cpu.budget;
            cpu.reenter = false;
            return false;
        } finally {
            flags.result = result;
            flags.aux = aux;
            cpu.budget = budget;
        }
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

    private static long effectiveAddress(long[] r, Instruction i) {
        return (r[i.base] + (r[i.index] << i.scale) + i.displacement) & i.addressMask;
    }

    /** The linear address of the memory operand if its segment lets it be written, else {@link #NOWHERE}. */
    private long writable(Instruction i) {
        return linear(effectiveAddress(s.r, i), i.segment, s.writeEnd);
    }

    private long stack(long sp, long[] end) {
        return linear(sp, Segment.SS, end);
    }

    private long linear(long offset, int segment, long[] end) {
        return Long.compareUnsigned(offset, end[segment]) < 0
                ? (offset + s.segmentBase[segment]) & s.linearMask
                : NOWHERE;
    }

    /** {@link Flags#aux} after a 64-bit operation with these carries. */
    private static int aux64(long carries) {
        return ((int) (carries >>> 32) & TOP2) | ((int) carries & AF);
    }

    /** {@link Flags#aux} after an 8-bit operation with these carries. */
    private static int aux8(int carries) {
        return (carries << 24) | (carries & AF);
    }

    /** The {@code computed} carries but for CF, which stays: where it would change, both top bits flip, so OF does not. */
    private static int keepCarry(int aux, int computed) {
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
    private static boolean holds(int code, long result, int aux) {
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
