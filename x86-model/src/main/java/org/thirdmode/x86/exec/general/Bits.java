package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Vector;

/** Shifts, rotates, single bits, bit fields. SDM 1 "Shift and Rotate Instructions", "Bit and Byte Instructions". */
public final class Bits implements InstructionGroup {
    private final Processor cpu;
    private final Shifts shifts;
    private final BitTests bitTests;
    private final BitFields bitFields;

    public Bits(Processor cpu) {
        this.cpu = cpu;
        shifts = new Shifts(cpu);
        bitTests = new BitTests(cpu);
        bitFields = new BitFields(cpu);
    }

    @Override
    public void execute(Instruction i) {
        switch (i.operation) {
            case ROL -> shifts.rol(i);
            case ROR -> shifts.ror(i);
            case RCL -> shifts.rcl(i);
            case RCR -> shifts.rcr(i);
            case SHL -> shifts.shl(i);
            case SHR -> shifts.shr(i);
            case SAR -> shifts.sar(i);
            case SHLD -> shifts.shld(i);
            case SHRD -> shifts.shrd(i);
            case BT -> bitTests.bt(i);
            case BTS -> bitTests.bts(i);
            case BTR -> bitTests.btr(i);
            case BTC -> bitTests.btc(i);
            case BSF -> bitFields.bsf(i);
            case BSR -> bitFields.bsr(i);
            case TZCNT -> bitFields.tzcnt(i);
            case LZCNT -> bitFields.lzcnt(i);
            case POPCNT -> bitFields.popcnt(i);
            case CRC32 -> bitFields.crc32(i);
            default -> executeVex(i);
        }
    }

    /** The VEX-encoded ones: real-address and virtual-8086 mode have none. SDM 2 "Instruction Format", "VEX Prefix". */
    private void executeVex(Instruction i) {
        if (cpu.state.realSegments()) {
            throw cpu.fault(Vector.UD);
        }
        switch (i.operation) {
            case RORX -> shifts.rorx(i);
            case SARX -> shifts.sarx(i);
            case SHLX -> shifts.shlx(i);
            case SHRX -> shifts.shrx(i);
            case ANDN -> bitFields.andn(i);
            case BEXTR -> bitFields.bextr(i);
            case BLSI -> bitFields.blsi(i);
            case BLSMSK -> bitFields.blsmsk(i);
            case BLSR -> bitFields.blsr(i);
            case BZHI -> bitFields.bzhi(i);
            case MULX -> bitFields.mulx(i);
            case PDEP -> bitFields.pdep(i);
            case PEXT -> bitFields.pext(i);
            default -> throw new ModelBug("not an instruction on bits: " + i.operation);
        }
    }
}
