package org.thirdmode.cli;

import org.thirdmode.lab.trace.TraceEvent;
import org.thirdmode.pc.Machine;
import org.thirdmode.svm.exec.Svm;
import org.thirdmode.x86.decode.Decoder;
import org.thirdmode.x86.decode.Disassembler;
import org.thirdmode.x86.exec.Extension;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;
import org.thirdmode.x86.state.Segment;

/**
 * One line for each instruction that is about to be executed: its number, CS:RIP, its bytes, the instruction. An instruction
 * before which an interrupt is taken, or which faults, has its line too; each iteration of a repeated string instruction has
 * one. Entries to a guest of VMX or SVM, exits from it, injected events and two-dimensional walks have a line each, in the
 * manual's names.
 */
final class Trace implements Pace {
    private final TraceFile out;
    private final CodePeek peek;
    private final Disassembler disassembler;
    private final byte[] code = new byte[Decoder.MAX_LENGTH];

    Trace(TraceFile.Choice choice, Machine machine) {
        peek = new CodePeek(machine.processor());
        disassembler = new Disassembler(new Decoder(machine.processor().features));
        out = choice.open();
        Processor processor = machine.processor();
        processor.extension.observe(
                (kind, name, words) -> out.write(TraceEvent.of(processor.instructions(), kind, name, words)));
        if (processor.extension != Extension.NONE) {
            String walk = processor.extension instanceof Svm ? "nested page walk" : "EPT walk";
            processor.walker.recorder(new WalkLines(
                    walk,
                    words -> out.write(new TraceEvent(processor.instructions(), TraceEvent.Kind.WALK, walk, words))));
        }
    }

    @Override
    public long instructions() {
        return 1;
    }

    @Override
    public void before(Processor processor) {
        if (processor.activity != Processor.Activity.ACTIVE) {
            return;
        }
        CpuState s = processor.state;
        int available = peek.at(s.rip, code);
        StringBuilder line = new StringBuilder(100);
        line.append(hex(s.segments[Segment.CS].selector, 4)).append(':').append(hex(s.rip, s.codeWidth / 4));
        line.append('\t');
        String mnemonic = "";
        if (available == 0) {
            line.append("\t(the code cannot be read)");
        } else {
            Disassembler.Line instruction = disassembler.disassemble(code, 0, available, s.codeWidth, s.rip);
            for (int i = 0; i < instruction.length(); i++) {
                line.append(hex(code[i] & 0xff, 2));
            }
            line.append('\t').append(instruction.text());
            mnemonic = instruction.text().split(" ", 2)[0];
        }
        out.write(new TraceEvent(processor.instructions() + 1, TraceEvent.Kind.INSTRUCTION, mnemonic, line.toString()));
    }

    @Override
    public void close() {
        out.close();
    }

    private static String hex(long value, int digits) {
        String all = Long.toHexString(value);
        return "0".repeat(Math.max(0, digits - all.length())) + all;
    }
}
