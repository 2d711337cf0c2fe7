package org.thirdmode.x86.decode;

/**
 * One decoded instruction: what the decoder hands to the engine, the disassembler and (later) a translator. It depends
 * on nothing but its bytes, the code segment's width and the processor's features, so it can be kept for as long as the
 * bytes do not change.
 *
 * <p>Fields are plain and public: the run loop reads them on every instruction. Nobody writes them after decoding, but
 * for what the engine derives when it takes the instruction into its cache: {@link #form}, {@link #source}, {@link
 * #load}, {@link #updates}, {@link #target}, the links to other
 * instructions, and a RIP-relative displacement, into which it folds the place of the instruction within its page.
 */
public final class Instruction {
    /** {@link #base} or {@link #index}: absent; the register file holds a constant zero there. */
    public static final int NO_REGISTER = 16;

    /**
     * {@link #base}: the address is relative to the next instruction's RIP. The decoder leaves {@link #displacement} as
     * encoded; the engine folds in the place of the instruction within its page.
     */
    public static final int RIP = 17;

    /** What the instruction does. */
    public Operation operation = Operation.UD;

    /** The number of its {@link Operation#group}: which class of the second level executes it. */
    public int group = Operation.UD.group.ordinal();

    /** How the run loop dispatches it; 0 sends it to the second level. Set by the engine. */
    public int form;

    /**
     * For the fast forms: the register whose value plus {@link #immediate} is the source operand, whether that is a
     * register (immediate 0) or an immediate (register {@link #NO_REGISTER}). Set by the engine.
     */
    public int source = NO_REGISTER;

    /** For the fast forms: how many bytes of memory the run loop reads before it dispatches; 0 for none. Set by the engine. */
    public int load;

    /** For the fast forms: what is read will be written, so the read faults as a write would. Set by the engine. */
    public boolean updates;

    /** Where it stands in its page, and where the next one does. Set by the engine. */
    public int offset;

    public int end;

    /** The instruction that follows in the same page, once it has been executed after this one. Set by the engine. */
    public Instruction next;

    /** The target of a taken relative branch in the same page, once it has been taken. Set by the engine. */
    public Instruction jump;

    /** For the fast forms: the offset of a relative branch's target from the start of its page. Set by the engine. */
    public int target;

    /** What the engine runs in the place of this instruction and of what follows it; null for nothing. Set by the engine. */
    public Object region;

    /** Length in bytes, prefixes included: 1..15. */
    public int length;

    /** The operand size that prefixes and mode give it, in bytes: 1 for byte forms, else 2, 4 or 8. */
    public int size;

    /** The operands, destination first, each a number of {@link Operand}. */
    public int a = Operand.NONE;

    public int b = Operand.NONE;
    public int c = Operand.NONE;
    public int d = Operand.NONE;

    /** The size of each operand in bytes where it differs by operand (MOVZX); for most forms equal to {@link #size}. */
    public int sizeA;

    public int sizeB;
    public int sizeC;

    /** The memory operand's base register 0..15, {@link #NO_REGISTER} or {@link #RIP}. */
    public int base = NO_REGISTER;

    /** The memory operand's index register 0..15 or {@link #NO_REGISTER}. */
    public int index = NO_REGISTER;

    /** log2 of the memory operand's scale: 0..3. */
    public int scale;

    /** The memory operand's displacement, sign-extended (an absolute offset for MOV moffs). */
    public long displacement;

    /** The segment register of the memory operand, 0..5 = ES CS SS DS FS GS: override or default. */
    public int segment = 3;

    /** Address size in bytes: 2, 4 or 8. Also the width of rCX, rSI and rDI in string and loop instructions. */
    public int addressSize;

    /** All ones in the width of the address size. */
    public long addressMask;

    /** The immediate, extended to 64 bits as the instruction uses it. */
    public long immediate;

    /** A second immediate (ENTER's nesting level, the selector of a far pointer). */
    public long immediate2;

    /** The condition of Jcc, SETcc and CMOVcc: the low four bits of the opcode. */
    public int condition;

    /** The repeat prefix in force: 0, 0xF3 (REP/REPE) or 0xF2 (REPNE); 0 where it selected the opcode. */
    public int repeat;

    /** Whether a LOCK prefix stands before a form that permits it. */
    public boolean lock;

    /** The width of the code segment it was decoded for, in bits: 16, 32 or 64. */
    public int codeWidth;

    /** The last opcode byte and the ModR/M byte (0 where none): the x87 opcode register shows them. */
    public int opcodeByte;

    public int modRm;

    /** The row of the opcode table it was decoded by; null for what the processor does not define. */
    OpcodeRow row;

    /** Says what it does. */
    void does(Operation what) {
        operation = what;
        group = what.group.ordinal();
    }

    /** The manual's mnemonic in lower case: tells apart what shares an {@link Operation}. */
    public String mnemonic() {
        return row == null ? "(bad)" : row.name(size);
    }

    /** Whether any operand is the memory operand. */
    public boolean hasMemory() {
        return a == Operand.MEMORY || b == Operand.MEMORY || c == Operand.MEMORY;
    }
}
