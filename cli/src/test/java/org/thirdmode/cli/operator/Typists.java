package org.thirdmode.cli.operator;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.thirdmode.pc.Board;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.loader.LoadOptions;

/** When lines of a file are typed. */
class Typists {
    private static final int RECEIVER = 0;
    private static final int LINE_STATUS = 5;

    private Board board;

    @BeforeEach
    void aMachineWithoutAnImage() throws ImageException {
        board = new Machine(MachineConfiguration.DEFAULT, Optional.empty(), LoadOptions.DEFAULT, HostPorts.NONE)
                .board();
    }

    /** What has been typed once the guest has sent this. */
    private String typed(String prompt, String sent, String... lines) {
        Typist typist = new Typist(List.of(lines), prompt);
        typist.at(board);
        for (byte each : sent.getBytes(StandardCharsets.UTF_8)) {
            typist.received(each & 0xff);
        }
        StringBuilder text = new StringBuilder();
        while ((board.com1().read(LINE_STATUS, 1) & 1) != 0) {
            text.append((char) board.com1().read(RECEIVER, 1));
        }
        return text.toString();
    }

    @Test
    void eachPromptIsForOneLine() {
        assertEquals("", typed("$ ", "boot"));
        assertEquals("a\n", typed("$ ", "boot $ ", "a", "b"));
        assertEquals("a\nb\n", typed("$ ", "$ a\r\n$ ", "a", "b"));
        assertEquals("a\n", typed("$ ", "$ $ $ ", "a"));
    }

    @Test
    void aPromptThatBeginsWithinItselfIsFound() {
        assertEquals("x\n", typed("aab", "aaab", "x"));
        assertEquals("x\n", typed("> >", "> > >", "x"));
    }

    @Test
    void aPromptMayBeOfAnyCharacters() {
        assertEquals("x\n", typed("λ ", "λλ ", "x"));
    }
}
