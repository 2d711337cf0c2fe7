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
                        switch (i.form) {
                            case Forms.ADD32_R -> {
                                int x = (int) r[i.a];
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x + y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = ((x & y) | ((x | y) & ~z)) & KEEP32;
                                continue;
                            }
                            case Forms.SUB32_R -> {
                                int x = (int) r[i.a];
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x - y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                continue;
                            }
                            case Forms.AND32_R -> {
                                int x = (int) r[i.a];
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x & y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.OR32_R -> {
                                int x = (int) r[i.a];
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x | y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.XOR32_R -> {
                                int x = (int) r[i.a];
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x ^ y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.CMP32_R -> {
                                int x = (int) r[i.a];
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x - y;
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                continue;
                            }
                            case Forms.TEST32_R -> {
                                int x = (int) r[i.a];
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x & y;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.ADD32_RM -> {
                                int x = (int) r[i.a];
                                int y = mmu.read32(readable(i));
                                int z = x + y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = ((x & y) | ((x | y) & ~z)) & KEEP32;
                                continue;
                            }
                            case Forms.SUB32_RM -> {
                                int x = (int) r[i.a];
                                int y = mmu.read32(readable(i));
                                int z = x - y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                continue;
                            }
                            case Forms.AND32_RM -> {
                                int x = (int) r[i.a];
                                int y = mmu.read32(readable(i));
                                int z = x & y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.OR32_RM -> {
                                int x = (int) r[i.a];
                                int y = mmu.read32(readable(i));
                                int z = x | y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.XOR32_RM -> {
                                int x = (int) r[i.a];
                                int y = mmu.read32(readable(i));
                                int z = x ^ y;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.CMP32_RM -> {
                                int x = (int) r[i.a];
                                int y = mmu.read32(readable(i));
                                int z = x - y;
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                continue;
                            }
                            case Forms.CMP32_MR -> {
                                int x = mmu.read32(readable(i));
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x - y;
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                continue;
                            }
                            case Forms.TEST32_MR -> {
                                int x = mmu.read32(readable(i));
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x & y;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.ADD32_MR -> {
                                long at = writable(i);
                                int x = mmu.readForUpdate32(at);
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x + y;
                                mmu.write32(at, z);
                                result = z;
                                aux = ((x & y) | ((x | y) & ~z)) & KEEP32;
                                continue;
                            }
                            case Forms.SUB32_MR -> {
                                long at = writable(i);
                                int x = mmu.readForUpdate32(at);
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x - y;
                                mmu.write32(at, z);
                                result = z;
                                aux = ((~x & y) | ((~x | y) & z)) & KEEP32;
                                continue;
                            }
                            case Forms.AND32_MR -> {
                                long at = writable(i);
                                int x = mmu.readForUpdate32(at);
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x & y;
                                mmu.write32(at, z);
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.OR32_MR -> {
                                long at = writable(i);
                                int x = mmu.readForUpdate32(at);
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x | y;
                                mmu.write32(at, z);
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.XOR32_MR -> {
                                long at = writable(i);
                                int x = mmu.readForUpdate32(at);
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x ^ y;
                                mmu.write32(at, z);
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.MOV32_R -> {
                                r[i.a] = (r[i.source] + i.immediate) & LOW32;
                                continue;
                            }
                            case Forms.INC32_R -> {
                                int x = (int) r[i.a];
                                int z = x + 1;
                                r[i.a] = z & LOW32;
                                result = z;
                                // CF stays: where it would change, both top bits flip, so that OF is as computed.
                                int carries = ((x & 1) | ((x | 1) & ~z)) & KEEP32;
                                aux = carries ^ ((carries ^ aux) >> 31 & TOP2);
                                continue;
                            }
                            case Forms.DEC32_R -> {
                                int x = (int) r[i.a];
                                int z = x - 1;
                                r[i.a] = z & LOW32;
                                result = z;
                                // CF stays: where it would change, both top bits flip, so that OF is as computed.
                                int carries = ((~x & 1) | ((~x | 1) & z)) & KEEP32;
                                aux = carries ^ ((carries ^ aux) >> 31 & TOP2);
                                continue;
                            }
                            case Forms.SHL32_R -> {
                                int n = (int) i.immediate & 31;
                                int x = (int) r[i.a];
                                int z = x << n;
                                r[i.a] = z & LOW32;
                                result = z;
                                int out = x << (n - 1);
                                aux = (out & CARRY) | ((z >>> 1) & INTO_TOP);
                                continue;
                            }
                            case Forms.SHR32_R -> {
                                int n = (int) i.immediate & 31;
                                int x = (int) r[i.a];
                                int z = x >>> n;
                                r[i.a] = z & LOW32;
                                result = z;
                                int out = x >>> (n - 1) << 31;
                                aux = out | ((out >>> 1) ^ ((n == 1 ? x >>> 1 : 0) & INTO_TOP));
                                continue;
                            }
                            case Forms.SAR32_R -> {
                                int n = (int) i.immediate & 31;
                                int x = (int) r[i.a];
                                int z = x >> n;
                                r[i.a] = z & LOW32;
                                result = z;
                                int out = x >> (n - 1) << 31;
                                aux = out | (out >>> 1);
                                continue;
                            }
                            case Forms.IMUL32_R -> {
                                long product = (long) (int) r[i.a] * (int) r[i.source];
                                int z = (int) product;
                                r[i.a] = z & LOW32;
                                result = z;
                                aux = z == product ? 0 : CARRY;
                                continue;
                            }
                            case Forms.LOAD_32 -> {
                                r[i.a] = mmu.read32(readable(i)) & LOW32;
                                continue;
                            }
                            case Forms.STORE_32 -> {
                                mmu.write32(writable(i), (int) (r[i.source] + i.immediate));
                                continue;
                            }
                            case Forms.LEA_32 -> {
                                r[i.a] = effectiveAddress(r, i) & LOW32;
                                continue;
                            }
                            case Forms.PUSH_32 -> {
                                long sp = (r[4] - 4) & s.stackMask;
                                mmu.write32(stack(sp, s.writeEnd), (int) (r[i.a < 16 ? i.a : 16] + i.immediate));
                                r[4] = (r[4] & ~s.stackMask) | sp;
                                continue;
                            }
                            case Forms.POP_32 -> {
                                long sp = r[4] & s.stackMask;
                                r[i.a] = mmu.read32(stack(sp, s.readEnd)) & LOW32;
                                r[4] = (r[4] & ~s.stackMask) | ((sp + 4) & s.stackMask);
                                continue;
                            }
                            case Forms.CALL_REL_32 -> {
                                checkTarget(pageRip, i.target);
                                long sp = (r[4] - 4) & s.stackMask;
                                mmu.write32(stack(sp, s.writeEnd), (int) (pageRip + offset));
                                r[4] = (r[4] & ~s.stackMask) | sp;
                            }
                            case Forms.CALL_R_32 -> {
                                long to = r[i.a] & LOW32;
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
                            case Forms.JMP_R_32 -> {
                                long to = r[i.a] & LOW32;
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
                            case Forms.MOVSX8_32 -> {
                                r[i.a] = (byte) r[i.b] & LOW32;
                                continue;
                            }
                            case Forms.MOVSX8_M_32 -> {
                                r[i.a] = (byte) mmu.read8(readable(i)) & LOW32;
                                continue;
                            }
                            case Forms.MOVSX16_32 -> {
                                r[i.a] = (short) r[i.b] & LOW32;
                                continue;
                            }
                            case Forms.MOVSX16_M_32 -> {
                                r[i.a] = (short) mmu.read16(readable(i)) & LOW32;
                                continue;
                            }
                            case Forms.ADD64_R -> {
                                long x = r[i.a];
                                long y = r[i.source] + i.immediate;
                                long z = x + y;
                                r[i.a] = z;
                                result = z;
                                long carries = (x & y) | ((x | y) & ~z);
                                aux = ((int) (carries >>> 32) & TOP2) | ((int) carries & AF);
                                continue;
                            }
                            case Forms.SUB64_R -> {
                                long x = r[i.a];
                                long y = r[i.source] + i.immediate;
                                long z = x - y;
                                r[i.a] = z;
                                result = z;
                                long carries = (~x & y) | ((~x | y) & z);
                                aux = ((int) (carries >>> 32) & TOP2) | ((int) carries & AF);
                                continue;
                            }
                            case Forms.AND64_R -> {
                                long x = r[i.a];
                                long y = r[i.source] + i.immediate;
                                long z = x & y;
                                r[i.a] = z;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.OR64_R -> {
                                long x = r[i.a];
                                long y = r[i.source] + i.immediate;
                                long z = x | y;
                                r[i.a] = z;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.XOR64_R -> {
                                long x = r[i.a];
                                long y = r[i.source] + i.immediate;
                                long z = x ^ y;
                                r[i.a] = z;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.CMP64_R -> {
                                long x = r[i.a];
                                long y = r[i.source] + i.immediate;
                                long z = x - y;
                                result = z;
                                long carries = (~x & y) | ((~x | y) & z);
                                aux = ((int) (carries >>> 32) & TOP2) | ((int) carries & AF);
                                continue;
                            }
                            case Forms.TEST64_R -> {
                                long x = r[i.a];
                                long y = r[i.source] + i.immediate;
                                long z = x & y;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.ADD64_RM -> {
                                long x = r[i.a];
                                long y = mmu.read64(readable(i));
                                long z = x + y;
                                r[i.a] = z;
                                result = z;
                                long carries = (x & y) | ((x | y) & ~z);
                                aux = ((int) (carries >>> 32) & TOP2) | ((int) carries & AF);
                                continue;
                            }
                            case Forms.SUB64_RM -> {
                                long x = r[i.a];
                                long y = mmu.read64(readable(i));
                                long z = x - y;
                                r[i.a] = z;
                                result = z;
                                long carries = (~x & y) | ((~x | y) & z);
                                aux = ((int) (carries >>> 32) & TOP2) | ((int) carries & AF);
                                continue;
                            }
                            case Forms.AND64_RM -> {
                                long x = r[i.a];
                                long y = mmu.read64(readable(i));
                                long z = x & y;
                                r[i.a] = z;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.OR64_RM -> {
                                long x = r[i.a];
                                long y = mmu.read64(readable(i));
                                long z = x | y;
                                r[i.a] = z;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.XOR64_RM -> {
                                long x = r[i.a];
                                long y = mmu.read64(readable(i));
                                long z = x ^ y;
                                r[i.a] = z;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.CMP64_RM -> {
                                long x = r[i.a];
                                long y = mmu.read64(readable(i));
                                long z = x - y;
                                result = z;
                                long carries = (~x & y) | ((~x | y) & z);
                                aux = ((int) (carries >>> 32) & TOP2) | ((int) carries & AF);
                                continue;
                            }
                            case Forms.CMP64_MR -> {
                                long x = mmu.read64(readable(i));
                                long y = r[i.source] + i.immediate;
                                long z = x - y;
                                result = z;
                                long carries = (~x & y) | ((~x | y) & z);
                                aux = ((int) (carries >>> 32) & TOP2) | ((int) carries & AF);
                                continue;
                            }
                            case Forms.TEST64_MR -> {
                                long x = mmu.read64(readable(i));
                                long y = r[i.source] + i.immediate;
                                long z = x & y;
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.ADD64_MR -> {
                                long at = writable(i);
                                long x = mmu.readForUpdate64(at);
                                long y = r[i.source] + i.immediate;
                                long z = x + y;
                                mmu.write64(at, z);
                                result = z;
                                long carries = (x & y) | ((x | y) & ~z);
                                aux = ((int) (carries >>> 32) & TOP2) | ((int) carries & AF);
                                continue;
                            }
                            case Forms.SUB64_MR -> {
                                long at = writable(i);
                                long x = mmu.readForUpdate64(at);
                                long y = r[i.source] + i.immediate;
                                long z = x - y;
                                mmu.write64(at, z);
                                result = z;
                                long carries = (~x & y) | ((~x | y) & z);
                                aux = ((int) (carries >>> 32) & TOP2) | ((int) carries & AF);
                                continue;
                            }
                            case Forms.AND64_MR -> {
                                long at = writable(i);
                                long x = mmu.readForUpdate64(at);
                                long y = r[i.source] + i.immediate;
                                long z = x & y;
                                mmu.write64(at, z);
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.OR64_MR -> {
                                long at = writable(i);
                                long x = mmu.readForUpdate64(at);
                                long y = r[i.source] + i.immediate;
                                long z = x | y;
                                mmu.write64(at, z);
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.XOR64_MR -> {
                                long at = writable(i);
                                long x = mmu.readForUpdate64(at);
                                long y = r[i.source] + i.immediate;
                                long z = x ^ y;
                                mmu.write64(at, z);
                                result = z;
                                aux = 0;
                                continue;
                            }
                            case Forms.MOV64_R -> {
                                r[i.a] = r[i.source] + i.immediate;
                                continue;
                            }
                            case Forms.INC64_R -> {
                                long x = r[i.a];
                                long z = x + 1;
                                r[i.a] = z;
                                result = z;
                                // CF stays: where it would change, both top bits flip, so that OF is as computed.
                                long all = (x & 1) | ((x | 1) & ~z);
                                int carries = ((int) (all >>> 32) & TOP2) | ((int) all & AF);
                                aux = carries ^ ((carries ^ aux) >> 31 & TOP2);
                                continue;
                            }
                            case Forms.DEC64_R -> {
                                long x = r[i.a];
                                long z = x - 1;
                                r[i.a] = z;
                                result = z;
                                // CF stays: where it would change, both top bits flip, so that OF is as computed.
                                long all = (~x & 1) | ((~x | 1) & z);
                                int carries = ((int) (all >>> 32) & TOP2) | ((int) all & AF);
                                aux = carries ^ ((carries ^ aux) >> 31 & TOP2);
                                continue;
                            }
                            case Forms.SHL64_R -> {
                                int n = (int) i.immediate & 63;
                                long x = r[i.a];
                                long z = x << n;
                                r[i.a] = z;
                                result = z;
                                int out = (int) ((x << (n - 1)) >>> 32);
                                aux = (out & CARRY) | ((int) (z >>> 33) & INTO_TOP);
                                continue;
                            }
                            case Forms.SHR64_R -> {
                                int n = (int) i.immediate & 63;
                                long x = r[i.a];
                                long z = x >>> n;
                                r[i.a] = z;
                                result = z;
                                int out = (int) (x >>> (n - 1)) << 31;
                                aux = out | ((out >>> 1) ^ ((n == 1 ? (int) (x >>> 33) : 0) & INTO_TOP));
                                continue;
                            }
                            case Forms.SAR64_R -> {
                                int n = (int) i.immediate & 63;
                                long x = r[i.a];
                                long z = x >> n;
                                r[i.a] = z;
                                result = z;
                                int out = (int) (x >> (n - 1)) << 31;
                                aux = out | (out >>> 1);
                                continue;
                            }
                            case Forms.IMUL64_R -> {
                                long x = r[i.a];
                                long y = r[i.source];
                                long z = x * y;
                                r[i.a] = z;
                                result = z;
                                aux = Math.multiplyHigh(x, y) == z >> 63 ? 0 : CARRY;
                                continue;
                            }
                            case Forms.LOAD_64 -> {
                                r[i.a] = mmu.read64(readable(i));
                                continue;
                            }
                            case Forms.STORE_64 -> {
                                mmu.write64(writable(i), r[i.source] + i.immediate);
                                continue;
                            }
                            case Forms.LEA_64 -> {
                                r[i.a] = effectiveAddress(r, i);
                                continue;
                            }
                            case Forms.PUSH_64 -> {
                                long sp = (r[4] - 8) & s.stackMask;
                                mmu.write64(stack(sp, s.writeEnd), r[i.a < 16 ? i.a : 16] + i.immediate);
                                r[4] = (r[4] & ~s.stackMask) | sp;
                                continue;
                            }
                            case Forms.POP_64 -> {
                                long sp = r[4] & s.stackMask;
                                r[i.a] = mmu.read64(stack(sp, s.readEnd));
                                r[4] = (r[4] & ~s.stackMask) | ((sp + 8) & s.stackMask);
                                continue;
                            }
                            case Forms.CALL_REL_64 -> {
                                checkTarget(pageRip, i.target);
                                long sp = (r[4] - 8) & s.stackMask;
                                mmu.write64(stack(sp, s.writeEnd), pageRip + offset);
                                r[4] = (r[4] & ~s.stackMask) | sp;
                            }
                            case Forms.CALL_R_64 -> {
                                long to = r[i.a];
                                checkTarget(pageRip, to - pageRip);
                                long sp = (r[4] - 8) & s.stackMask;
                                mmu.write64(stack(sp, s.writeEnd), pageRip + offset);
                                r[4] = (r[4] & ~s.stackMask) | sp;
                                long near = to - pageRip;
                                if ((near & -4096) != 0) {
                                    s.rip = to;
                                    break samePage;
                                }
                                offset = (int) near;
                                continue;
                            }
                            case Forms.JMP_R_64 -> {
                                long to = r[i.a];
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
                            case Forms.MOVSX8_64 -> {
                                r[i.a] = (byte) r[i.b];
                                continue;
                            }
                            case Forms.MOVSX8_M_64 -> {
                                r[i.a] = (byte) mmu.read8(readable(i));
                                continue;
                            }
                            case Forms.MOVSX16_64 -> {
                                r[i.a] = (short) r[i.b];
                                continue;
                            }
                            case Forms.MOVSX16_M_64 -> {
                                r[i.a] = (short) mmu.read16(readable(i));
                                continue;
                            }
                            case Forms.MOVZX8 -> {
                                r[i.a] = r[i.b] & 0xff;
                                continue;
                            }
                            case Forms.MOVZX16 -> {
                                r[i.a] = r[i.b] & 0xffff;
                                continue;
                            }
                            case Forms.MOVZX8_M -> {
                                r[i.a] = mmu.read8(readable(i));
                                continue;
                            }
                            case Forms.MOVZX16_M -> {
                                r[i.a] = mmu.read16(readable(i));
                                continue;
                            }
                            case Forms.LOAD8 -> {
                                r[i.a] = (r[i.a] & ~0xffL) | mmu.read8(readable(i));
                                continue;
                            }
                            case Forms.STORE8 -> {
                                mmu.write8(writable(i), (int) (r[i.source] + i.immediate));
                                continue;
                            }
                            case Forms.MOV8_R -> {
                                r[i.a] = (r[i.a] & ~0xffL) | ((r[i.source] + i.immediate) & 0xff);
                                continue;
                            }
                            case Forms.CMP8_R -> {
                                int x = (int) r[i.a];
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x - y;
                                result = (byte) z;
                                int carries = (~x & y) | ((~x | y) & z);
                                aux = (carries << 24) | (carries & AF);
                                continue;
                            }
                            case Forms.CMP8_RM -> {
                                int x = (int) r[i.a];
                                int y = mmu.read8(readable(i));
                                int z = x - y;
                                result = (byte) z;
                                int carries = (~x & y) | ((~x | y) & z);
                                aux = (carries << 24) | (carries & AF);
                                continue;
                            }
                            case Forms.CMP8_MR -> {
                                int x = mmu.read8(readable(i));
                                int y = (int) (r[i.source] + i.immediate);
                                int z = x - y;
                                result = (byte) z;
                                int carries = (~x & y) | ((~x | y) & z);
                                aux = (carries << 24) | (carries & AF);
                                continue;
                            }
                            case Forms.TEST8_R -> {
                                result = (byte) (r[i.a] & (r[i.source] + i.immediate));
                                aux = 0;
                                continue;
                            }
                            case Forms.TEST8_MR -> {
                                result = (byte) (mmu.read8(readable(i)) & (int) (r[i.source] + i.immediate));
                                aux = 0;
                                continue;
                            }
                            case Forms.MOVSXD_R -> {
                                r[i.a] = (int) r[i.b];
                                continue;
                            }
                            case Forms.MOVSXD_M -> {
                                r[i.a] = mmu.read32(readable(i));
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
                                if ((result < 0) == ((aux & SIGN) != 0)) {
                                    continue;
                                }
                            }
                            case Forms.JNS -> {
                                if ((result < 0) != ((aux & SIGN) != 0)) {
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

    /** The linear address of the memory operand if its segment lets it be read, else {@link #NOWHERE}. */
    private long readable(Instruction i) {
        return linear(effectiveAddress(s.r, i), i.segment, s.readEnd);
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

    private static boolean less(long result, int aux) {
        return (result < 0) != ((aux ^ (aux << 1) ^ (aux << 24)) < 0);
    }

    private static boolean parity(long result, int aux) {
        return (Integer.bitCount(((int) result ^ (aux >>> 8)) & 0xff) & 1) == 0;
    }
}
