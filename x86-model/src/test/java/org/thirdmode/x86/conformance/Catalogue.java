package org.thirdmode.x86.conformance;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.thirdmode.x86.conformance.Form.Pin;
import org.thirdmode.x86.conformance.Form.Profile;
import org.thirdmode.x86.decode.Decoder;
import org.thirdmode.x86.decode.EncodedForms;
import org.thirdmode.x86.decode.EncodedForms.Encoding;
import org.thirdmode.x86.decode.EncodedForms.Memory;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.decode.Operation.Group;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;

/** The forms that are recorded: every form of the general-purpose instructions, with pins that keep it in its window. */
final class Catalogue {
    static final Set<Group> GROUPS =
            Set.of(Group.MOVE, Group.ARITHMETIC, Group.BITS, Group.STACK, Group.CONTROL, Group.STRING);

    private static final int CASES = 24;
    private static final int FEWER_CASES = 12;
    private static final int FAULT_CASES = 2;

    /** Offsets within the compared memory. */
    private static final int OPERAND = 0x80;

    private static final int SECOND_OPERAND = 0x100;
    private static final int STACK = 0x180;

    private static final long NOT_CANONICAL = 0x1234_5678_9abc_def0L;

    private final Decoder decoder = new Decoder(EnumSet.allOf(Feature.class));
    private final List<Form> forms = new ArrayList<>();
    private int turn;

    private Catalogue() {}

    static List<Form> all() {
        Catalogue catalogue = new Catalogue();
        long absolute16 = Machine.windowOffset(16) + OPERAND;
        long absolute = Machine.windowOffset(64) + OPERAND;
        for (Encoding encoding : EncodedForms.of(GROUPS, absolute16, absolute)) {
            catalogue.add(encoding);
        }
        byte[] tooLong = new byte[16];
        java.util.Arrays.fill(tooLong, (byte) 0x66);
        tooLong[15] = (byte) 0x90;
        for (int mode : new int[] {16, 32, 64}) {
            catalogue.forms.add(new Form(mode, tooLong, Profile.GENERAL, false, List.of(), FAULT_CASES));
        }
        return catalogue.forms;
    }

    private void add(Encoding e) {
        byte[] code = e.code();
        turn = java.util.Arrays.hashCode(code) & 0xffff;
        Instruction i = decoder.decode(code, 0, code.length, e.mode());
        if (i == null || i.length != code.length) {
            throw new IllegalStateException("the decoder sees another length: " + e.row());
        }
        List<Pin> pins = new ArrayList<>();
        if (e.memory() == Memory.BEYOND) {
            if (e.mode() == 16 && (memorySize(i) < 2 || bitOffsetReaches(i))) {
                return;
            }
            pins.add(new Pin(e.base(), e.addressSize(), e.mode() == 16 ? 0xffff : NOT_CANONICAL, 1));
            stack(e, i, pins);
            forms.add(new Form(e.mode(), code, Profile.GENERAL, false, pins, FAULT_CASES));
            return;
        }
        if (bitOffsetReaches(i)) {
            if (i.b == e.base() || i.b == e.index()) {
                return;
            }
            // Up to 64 bytes before and after.
            pins.add(new Pin(i.b, i.size, -512, 1024));
        }
        memoryPins(e, i, pins);
        stack(e, i, pins);
        implied(e, i, pins);
        forms.add(new Form(e.mode(), code, profile(i.operation), i.repeat != 0, pins, cases(e, i)));
    }

    private static int memorySize(Instruction i) {
        return i.a == Operand.MEMORY ? i.sizeA : i.b == Operand.MEMORY ? i.sizeB : i.c == Operand.MEMORY ? i.sizeC : 0;
    }

    private static boolean bitOffsetReaches(Instruction i) {
        return switch (i.operation) {
            case BT, BTS, BTR, BTC -> i.a == Operand.MEMORY && i.b < Operand.HIGH_BYTE;
            default -> false;
        };
    }

    private void memoryPins(Encoding e, Instruction i, List<Pin> pins) {
        long target = (e.gs() ? Machine.gsWindowOffset() : Machine.windowOffset(e.mode())) + OPERAND + place(i);
        if (e.displacementAt() >= 0) {
            long displacement = target - (Machine.startRip(e.mode()) + e.code().length);
            for (int n = 0; n < 4; n++) {
                e.code()[e.displacementAt() + n] = (byte) (displacement >>> (8 * n));
            }
        }
        if (e.base() < 0 || (!e.gs() && e.base() == CpuState.RSP && usesStack(i.operation))) {
            return;
        }
        long base = target - e.displacement();
        if (e.index() >= 0) {
            int index = turn % 7 - 3;
            pins.add(new Pin(e.index(), e.addressSize(), index, 1));
            base -= (long) index * e.scale();
        }
        pins.add(new Pin(e.base(), e.addressSize(), base, 1));
    }

    /** Where the memory operand lies: aligned or not by turns. */
    private int place(Instruction i) {
        int any = turn * 13 & 63;
        return i.operation == Operation.CMPXCHG16B && turn % 3 != 0 ? any & -16 : any;
    }

    private static boolean usesStack(Operation operation) {
        return operation.group == Group.STACK || operation == Operation.CALL_NEAR || operation == Operation.RET_NEAR;
    }

    private static void stack(Encoding e, Instruction i, List<Pin> pins) {
        if (usesStack(i.operation)) {
            int width = e.mode() / 8;
            pins.add(new Pin(CpuState.RSP, width, Machine.windowOffset(e.mode()) + STACK, 1));
            if (i.operation == Operation.LEAVE || i.operation == Operation.ENTER) {
                pins.add(new Pin(CpuState.RBP, width, Machine.windowOffset(e.mode()) + STACK, 64));
            }
        }
    }

    private void implied(Encoding e, Instruction i, List<Pin> pins) {
        long window = Machine.windowOffset(e.mode());
        int size = e.addressSize();
        if (i.operation.group == Group.STRING) {
            long source = e.gs() ? Machine.gsWindowOffset() : window;
            pins.add(new Pin(CpuState.RSI, size, source + SECOND_OPERAND - 16, 32));
            pins.add(new Pin(CpuState.RDI, size, window + SECOND_OPERAND - 8, 16));
            if (i.repeat != 0) {
                pins.add(new Pin(CpuState.RCX, size, 0, 6));
            }
        }
        switch (i.operation) {
            case XLAT -> {
                long table = e.gs() ? Machine.gsWindowOffset() : window;
                pins.add(new Pin(CpuState.RBX, size, table, 1));
            }
            case LOOP, LOOPE, LOOPNE, JCXZ -> {
                if ((turn & 1) != 0) {
                    pins.add(new Pin(CpuState.RCX, size, 0, 3));
                }
            }
            default -> {
                // Everything else is in the ModR/M byte.
            }
        }
    }

    private static Profile profile(Operation operation) {
        return switch (operation) {
            case DIV, IDIV -> Profile.DIVISION;
            case CMPXCHG, CMPXCHG8B, CMPXCHG16B, CMPS, SCAS, CMP, SUB, BOUND -> Profile.EQUALITY;
            default -> Profile.GENERAL;
        };
    }

    private static int cases(Encoding e, Instruction i) {
        return switch (i.operation) {
            case JCC, SETCC, CMOVCC, NOP, PREFETCH, FENCE, LEA, MOV -> FEWER_CASES;
            case UD -> FAULT_CASES;
            default -> CASES;
        };
    }
}
