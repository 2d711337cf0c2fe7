package org.thirdmode.x86.exec.general;

import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.exec.InstructionGroup;
import org.thirdmode.x86.exec.Operands;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;
import org.thirdmode.x86.state.ModelBug;
import org.thirdmode.x86.state.Rflags;

/** Binary and decimal arithmetic, logic, and the flag instructions. SDM 1 "Binary Arithmetic Instructions" and on. */
public final class Arithmetic implements InstructionGroup {
    private final CpuState state;
    private final Flags flags;
    private final Operands operands;
    private final Multiplication multiplication;
    private final Decimal decimal;

    public Arithmetic(Processor cpu) {
        state = cpu.state;
        flags = cpu.state.flags;
        operands = cpu.operands;
        multiplication = new Multiplication(cpu);
        decimal = new Decimal(cpu);
    }

    @Override
    public void execute(Instruction i) {
        switch (i.operation) {
            case ADD -> add(i, 0);
            case ADC -> add(i, carry());
            case SUB -> subtract(i, 0);
            case SBB -> subtract(i, carry());
            case CMP -> compare(i);
            case AND -> logic(i, left(i) & right(i));
            case OR -> logic(i, left(i) | right(i));
            case XOR -> logic(i, left(i) ^ right(i));
            case TEST -> test(i);
            case INC -> increment(i);
            case DEC -> decrement(i);
            case NEG -> negate(i);
            case NOT -> operands.set(i, i.a, i.size, ~left(i));
            case ADCX -> addWithCarryFlag(i);
            case ADOX -> addWithOverflowFlag(i);
            case MUL -> multiplication.mul(i);
            case IMUL -> multiplication.imul(i);
            case DIV -> multiplication.div(i);
            case IDIV -> multiplication.idiv(i);
            case AAA -> decimal.aaa();
            case AAS -> decimal.aas();
            case AAM -> decimal.aam(i);
            case AAD -> decimal.aad(i);
            case DAA -> decimal.daa();
            case DAS -> decimal.das();
            case CLC -> flags.setCf(false);
            case STC -> flags.setCf(true);
            case CMC -> flags.setCf(!flags.cf());
            case CLD -> state.systemFlags &= ~Rflags.DF;
            case STD -> state.systemFlags |= Rflags.DF;
            case SALC -> operands.setRegister(CpuState.RAX, 1, flags.cf() ? 0xff : 0);
            default -> throw new ModelBug("not an arithmetic instruction: " + i.operation);
        }
    }

    private long carry() {
        return flags.cf() ? 1 : 0;
    }

    private long left(Instruction i) {
        return operands.getForUpdate(i, i.a, i.size);
    }

    private long right(Instruction i) {
        return operands.get(i, i.b, i.size);
    }

    private void add(Instruction i, long carryIn) {
        long x = left(i);
        long y = right(i);
        long sum = x + y + carryIn;
        operands.set(i, i.a, i.size, sum);
        flags.add(i.size, x, y, sum);
    }

    private void subtract(Instruction i, long borrowIn) {
        long x = left(i);
        long y = right(i);
        long difference = x - y - borrowIn;
        operands.set(i, i.a, i.size, difference);
        flags.subtract(i.size, x, y, difference);
    }

    private void compare(Instruction i) {
        long x = operands.get(i, i.a, i.size);
        long y = right(i);
        flags.subtract(i.size, x, y, x - y);
    }

    private void logic(Instruction i, long result) {
        operands.set(i, i.a, i.size, result);
        flags.logic(Operands.signExtend(result, i.size));
    }

    private void test(Instruction i) {
        flags.logic(Operands.signExtend(operands.get(i, i.a, i.size) & right(i), i.size));
    }

    private void increment(Instruction i) {
        long x = left(i);
        operands.set(i, i.a, i.size, x + 1);
        boolean carry = flags.cf();
        flags.add(i.size, x, 1, x + 1);
        flags.setCf(carry);
    }

    private void decrement(Instruction i) {
        long x = left(i);
        operands.set(i, i.a, i.size, x - 1);
        boolean carry = flags.cf();
        flags.subtract(i.size, x, 1, x - 1);
        flags.setCf(carry);
    }

    private void negate(Instruction i) {
        long x = left(i);
        operands.set(i, i.a, i.size, -x);
        flags.subtract(i.size, 0, x, -x);
    }

    private void addWithCarryFlag(Instruction i) {
        long x = left(i);
        long y = right(i);
        long sum = x + y + carry();
        operands.set(i, i.a, i.size, sum);
        flags.setCf(carryOut(i.size, x, y, sum));
    }

    private void addWithOverflowFlag(Instruction i) {
        long x = left(i);
        long y = right(i);
        long sum = x + y + (flags.of() ? 1 : 0);
        operands.set(i, i.a, i.size, sum);
        flags.setCfOf(flags.cf(), carryOut(i.size, x, y, sum));
    }

    private static boolean carryOut(int size, long x, long y, long sum) {
        long carries = (x & y) | ((x | y) & ~sum);
        return ((carries >>> ((size * 8) - 1)) & 1) != 0;
    }
}
