package org.thirdmode.x86.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.thirdmode.x86.conformance.Recording.Recorded;
import org.thirdmode.x86.decode.Decoder;
import org.thirdmode.x86.decode.Instruction;
import org.thirdmode.x86.decode.Operand;
import org.thirdmode.x86.decode.Operation;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Flags;

/**
 * The model does what a real processor was recorded to do: registers, flags, memory, exceptions. Every case runs in the
 * second level; one that completes runs in the run loop too.
 */
class ConformanceWithARealProcessor {
    private static final int SHOWN = 20;
    private static final Decoder DECODER = new Decoder(EnumSet.allOf(Feature.class));

    private static Recording recording;

    /** What differs although the manual defines it, and what differs where it does not. */
    private static final List<String> DEFINED = new ArrayList<>();

    private static final List<String> UNDEFINED = new ArrayList<>();

    private final Model model = new Model();

    @BeforeAll
    static void replay() throws IOException {
        try (InputStream in = ConformanceWithARealProcessor.class.getResourceAsStream(Recording.RESOURCE)) {
            recording = Recording.read(Objects.requireNonNull(in));
        }
        new ConformanceWithARealProcessor().compareAll();
    }

    @Test
    void everyFormDoesTheSame() {
        assertEquals(List.of(), DEFINED.subList(0, Math.min(SHOWN, DEFINED.size())), DEFINED.size() + " cases differ");
    }

    /** What the manual leaves undefined is as AMD's processors have it. */
    @Test
    void undefinedFlagsAndResultsAreThoseOfTheRecordedProcessor() {
        assumeTrue(
                recording.processor().contains("AuthenticAMD"),
                "undefined flags are AMD's; recorded on " + recording.processor());
        assertEquals(
                List.of(), UNDEFINED.subList(0, Math.min(SHOWN, UNDEFINED.size())), UNDEFINED.size() + " cases differ");
    }

    @Test
    void everyOperationIsRecordedInEveryFormOfTheOpcodeTable() {
        Set<Operation> operations = EnumSet.noneOf(Operation.class);
        Set<String> shapes = new TreeSet<>();
        int cases = 0;
        for (Recorded recorded : recording.forms()) {
            Instruction i = decoded(recorded.form());
            operations.add(i.operation);
            shapes.add(shape(i));
            cases += recorded.form().cases();
        }
        Set<Operation> missing = EnumSet.allOf(Operation.class);
        missing.removeIf(operation -> !Catalogue.GROUPS.contains(operation.group) || operations.contains(operation));
        assertEquals(Set.of(), missing);
        Set<String> shapesOfTheTable = new TreeSet<>();
        Catalogue.all().forEach(form -> shapesOfTheTable.add(shape(decoded(form))));
        shapesOfTheTable.removeAll(shapes);
        assertEquals(Set.of(), shapesOfTheTable, "forms not recorded: record anew");
        System.out.printf(
                "conformance: %d operations, %d forms by operand kinds and sizes, %d encodings, %d cases, on %s%n",
                operations.size(), shapes.size(), recording.forms().size(), cases, recording.processor());
    }

    /** Exceptions are among what is compared, not only results. */
    @Test
    void everyKindOfExceptionIsRecorded() {
        Set<Integer> vectors = new TreeSet<>();
        recording.forms().forEach(form -> form.outcomes().forEach(outcome -> vectors.add(outcome.vector())));
        assertTrue(vectors.containsAll(Set.of(0, 5, 6, 12, 13, 17)), vectors.toString());
    }

    private void compareAll() {
        for (int n = 0; n < recording.forms().size(); n++) {
            Recorded recorded = recording.forms().get(n);
            Form form = recorded.form();
            for (int c = 0; c < form.cases(); c++) {
                compare(form, new Inputs(form, n, c), recorded.outcomes().get(c));
            }
        }
    }

    private void compare(Form form, Inputs inputs, Outcome expected) {
        Instruction i = decoded(form);
        if (i.operation == Operation.CRC32) {
            // Part of SSE4.2, which no processor of the model offers as a whole.
            same(form, inputs, expected, model.execute(form, inputs, i));
        } else if (same(form, inputs, expected, model.step(form, inputs))
                && expected.vector() == Outcome.COMPLETED
                && i.operation != Operation.PUSHF) {
            // PUSHF would show that the trap flag of the recording is not set here.
            same(form, inputs, expected, model.run(form, inputs, ticks(form, inputs, expected)));
        }
    }

    private static boolean same(Form form, Inputs inputs, Outcome expected, Outcome raw) {
        Outcome actual = raw.defined(form, inputs);
        String difference = difference(inputs, expected, actual, -1);
        if (difference == null) {
            return true;
        }
        Instruction i = decoded(form);
        boolean defined = !Undefined.result(i, inputs)
                && difference(inputs, expected, actual, ~Undefined.flags(i, inputs)) != null;
        (defined ? DEFINED : UNDEFINED)
                .add(form.mode() + ": " + HexFormat.of().formatHex(form.code()) + " " + shape(i) + difference);
        return false;
    }

    private static Instruction decoded(Form form) {
        return DECODER.decode(form.code(), 0, form.code().length, form.mode());
    }

    /** One, or as many as iterations were done. */
    private static long ticks(Form form, Inputs inputs, Outcome expected) {
        long iterations = inputs.gpr[CpuState.RCX] - expected.gpr()[CpuState.RCX];
        return form.repeats() ? Math.max(1, iterations & 0xff) : 1;
    }

    private static String difference(Inputs inputs, Outcome expected, Outcome actual, int comparedFlags) {
        if (expected.vector() != actual.vector() || expected.errorCode() != actual.errorCode()) {
            return String.format(
                    ": vector %d(%x), not %d(%x)",
                    expected.vector(), expected.errorCode(), actual.vector(), actual.errorCode());
        }
        if (expected.rip() != actual.rip()) {
            return String.format(": RIP %x, not %x", expected.rip(), actual.rip());
        }
        for (int n = 0; n < 16; n++) {
            if (expected.gpr()[n] != actual.gpr()[n]) {
                return String.format(
                        ": register %d was %x, should be %x, is %x",
                        n, inputs.gpr[n], expected.gpr()[n], actual.gpr()[n]);
            }
        }
        int at = Arrays.mismatch(expected.memory(), actual.memory());
        if (at >= 0) {
            return String.format(
                    ": memory[%x] was %x, should be %x, is %x",
                    at, inputs.memory[at], expected.memory()[at], actual.memory()[at]);
        }
        if (((expected.rflags() ^ actual.rflags()) & (comparedFlags | ~Flags.STATUS)) != 0) {
            return String.format(
                    ": RFLAGS was %x, should be %x, is %x", inputs.rflags, expected.rflags(), actual.rflags());
        }
        return null;
    }

    /** Operation, operand kinds and sizes: what tells one form from another. */
    private static String shape(Instruction i) {
        return String.join(
                " ",
                i.operation.name(),
                kind(i.a) + i.sizeA * 8,
                kind(i.b) + i.sizeB * 8,
                kind(i.c) + i.sizeC * 8,
                "size " + i.size * 8,
                "repeat " + i.repeat,
                "lock " + i.lock,
                "condition " + i.condition,
                "code " + i.codeWidth);
    }

    private static String kind(int operand) {
        if (operand < Operand.MEMORY) {
            return "r";
        }
        return operand == Operand.MEMORY ? "m" : operand == Operand.NONE ? "-" : "i";
    }
}
