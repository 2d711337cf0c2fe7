package org.thirdmode.x86.decode;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.thirdmode.x86.decode.Disassembler.Line;
import org.thirdmode.x86.profile.Feature;

/** Whether our reading of some bytes is GNU objdump's: the same length and the same text but for the spacing. */
final class ObjdumpComparison {
    /** Knows everything that the table knows. */
    static final Decoder DECODER = new Decoder(EnumSet.allOf(Feature.class));

    private static final Disassembler DISASSEMBLER = new Disassembler(DECODER);

    private static final Set<String> MNEMONICS = mnemonics();

    /** Two readings of the same bytes. */
    record Readings(Line ours, Line theirs) {
        boolean oursIsBad() {
            return ours.text().equals("(bad)");
        }

        boolean theirsIsBad() {
            return theirs.text().contains("(bad)");
        }

        boolean sameLength() {
            return ours.length() == theirs.length();
        }

        boolean ours(String regex) {
            return Pattern.compile(regex).matcher(ours.text()).find();
        }

        boolean theirs(String regex) {
            return Pattern.compile(regex).matcher(theirs.text()).find();
        }
    }

    private static final String IGNORED_PREFIX = "\\b(data16|data32|repz|repnz) ?";

    /** Where objdump, which reads what an assembler may have meant, and the manual, which we follow, part. */
    enum Difference {
        AN_EXTENSION_THAT_THE_TABLE_LEAVES_OUT(r -> r.oursIsBad() && !MNEMONICS.contains(mnemonic(r.theirs.text()))),
        LOCK_WHERE_IT_IS_NOT_PERMITTED_IS_UD(r -> r.oursIsBad() && r.theirs("\\block\\b")),
        A_PREFIX_WHERE_THE_MANUAL_SAYS_NP_IS_UD(r -> r.oursIsBad() && r.theirs(IGNORED_PREFIX)),
        NO_SUCH_SEGMENT_REGISTER(r -> r.oursIsBad() && r.theirs("\\?|mov +cs,")),
        NO_SUCH_CONTROL_OR_DEBUG_REGISTER(r -> r.oursIsBad() && r.theirs("\\b(cr(1|5|6|7|9|1\\d)|[cd]r(8|9|1\\d))\\b")),
        SWAPGS_IS_UD_OUTSIDE_64_BIT_MODE(r -> r.oursIsBad() && r.theirs("swapgs")),
        A_PREFIX_WITHOUT_EFFECT_IS_NO_ERROR(
                r -> r.theirsIsBad() && (r.ours(IGNORED_PREFIX) || r.ours("\\b(wbinvd|vmmcall)$"))),
        A_FENCE_IGNORES_RM(r -> r.theirsIsBad() && r.ours("\\b[lms]fence$")),
        SALC_IS_KNOWN(r -> r.theirsIsBad() && r.ours("\\bsalc$")),
        THE_OTHER_ENCODINGS_OF_X87_INSTRUCTIONS_WORK(
                r -> r.theirsIsBad() && r.ours("\\b(fcom2|fcomp[35]|fxch[47]|fstp[189])\\b")),
        AN_8087_INSTRUCTION(r -> r.theirs("\\(\\d*87 only\\)$") && r.sameLength()),
        FWAIT_IS_AN_INSTRUCTION_OF_ITS_OWN(r -> r.ours("\\bfwait$")),
        MPX_AND_PREFETCH_INSTRUCTIONS_IN_THE_RESERVED_NOP_SPACE(
                r -> r.ours("\\bnop ") && (r.theirsIsBad() || r.theirs("\\b(bnd|prefetchit)"))),
        A_PREFIX_OF_A_NOP_SHOWN_OR_NOT(r -> r.ours("\\bnop ")
                && r.sameLength()
                && squeezed(r.ours.text().replaceAll(IGNORED_PREFIX, ""))
                        .equals(squeezed(r.theirs.text().replaceAll(IGNORED_PREFIX, "")))),
        REX_B_MAKES_90_AN_XCHG_BEHIND_REP_TOO(r -> r.ours("\\bxchg ") && r.theirs("\\bpause$")),
        IP_WRAPS_BEHIND_A_SHORT_JUMP(r -> r.sameLength()
                && r.theirs("^(j|loop)\\w+ +0x")
                && r.ours.text().replaceAll("0x.*", "").equals(r.theirs.text().replaceAll("0x.*", ""))
                && ((target(r.ours) ^ target(r.theirs)) & 0xffff) == 0),
        REP_VMMCALL_IS_VMGEXIT_ONLY_IN_AN_ENCRYPTED_GUEST(r -> r.ours("\\bvmmcall$") && r.theirs("vmgexit")),
        REX_W_WINS_OVER_66(r -> r.sameLength() && r.ours("data16 .*movsxd |\\b[rw][dr][fg]sbase ")),
        WITH_REX_W_A_FAR_POINTER_HAS_10_BYTES(r -> r.sameLength() && r.ours("\\b(call|jmp|l[sfg]s) .*TBYTE")),
        EIP_IS_32_BITS_WIDE(r -> r.ours("\\[eip") && uncommented(r.ours.text()).equals(uncommented(r.theirs.text()))),
        SIX_IN_MOVQ2DQ_NAMES_A_REGISTER_OF_THE_WRONG_FILE(
                r -> r.sameLength() && r.ours("data(16|32) .*mov(q2dq|dq2q)"));

        private final Predicate<Readings> applies;

        Difference(Predicate<Readings> applies) {
            this.applies = applies;
        }
    }

    private ObjdumpComparison() {}

    private static Set<String> mnemonics() {
        Set<String> names = new HashSet<>();
        for (OpcodeRow row : OpcodeTable.ROWS) {
            for (String name : row.names) {
                names.add(name);
                names.add(name + "w");
                names.add(name + "d");
                names.add(name + "q");
            }
        }
        return names;
    }

    /** The first word that is no prefix. */
    static String mnemonic(String text) {
        String[] words = text.split(" +");
        int n = 0;
        while (n < words.length - 1
                && words[n].matches(
                        "rex.*|data16|data32|addr16|addr32|repz?|repnz|lock|[c-gs]s|bnd|notrack|x(acquire|release)")) {
            n++;
        }
        return words[n].toLowerCase(Locale.ROOT);
    }

    private static long target(Line line) {
        return Long.parseUnsignedLong(line.text().replaceAll(".*0x", ""), 16);
    }

    private static String squeezed(String text) {
        return text.replaceAll(" +", " ");
    }

    private static String uncommented(String text) {
        return squeezed(text).replaceAll(" #.*", "");
    }

    /** Our reading of the instruction at {@code code[offset]}. */
    static Line ours(byte[] code, int offset, int codeWidth, long address) {
        return DISASSEMBLER.disassemble(code, offset, code.length, codeWidth, address);
    }

    /** What is wrong with our reading; null where it is theirs, or one of the known differences. */
    static String disagreement(byte[] code, int offset, int codeWidth, Line theirs) {
        Readings readings = new Readings(ours(code, offset, codeWidth, theirs.address()), theirs);
        boolean same = readings.oursIsBad()
                ? readings.theirsIsBad()
                : readings.sameLength() && squeezed(readings.ours.text()).equals(squeezed(theirs.text()));
        if (same) {
            return null;
        }
        for (Difference difference : Difference.values()) {
            if (difference.applies.test(readings)) {
                return null;
            }
        }
        return "%d-bit %s: %d %s, objdump %d %s"
                .formatted(
                        codeWidth,
                        hex(code, offset),
                        readings.ours.length(),
                        readings.ours.text(),
                        theirs.length(),
                        theirs.text());
    }

    private static String hex(byte[] code, int offset) {
        return HexFormat.of().formatHex(code, offset, Math.min(code.length, offset + 16));
    }
}
