package org.thirdmode.pc.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.thirdmode.pc.bus.IoPorts;

/** IBM PS/2 Technical Reference, "Keyboard and Auxiliary Device Controller" and "Keyboard (101/102-Key)". */
final class KeyboardControllerAndKeyboard implements ResetLines {
    private final Wire irq1 = new Wire();
    private final Wire irq12 = new Wire();
    private final A20Gate a20 = new A20Gate();
    private final IoPorts ports = new IoPorts();
    private final KeyboardController controller = new KeyboardController(irq1, irq12, a20, this);
    private int inits;

    @Override
    public void initProcessor() {
        inits++;
    }

    @Override
    public void resetBoard() {}

    @BeforeEach
    void attach() {
        controller.attach(ports);
    }

    private void command(int value) {
        ports.write(0x64, 1, value);
    }

    private void data(int value) {
        ports.write(0x60, 1, value);
    }

    private int status() {
        return ports.read(0x64, 1);
    }

    private List<Integer> readAll() {
        List<Integer> bytes = new ArrayList<>();
        while ((status() & 1) != 0) {
            bytes.add(ports.read(0x60, 1));
        }
        return bytes;
    }

    private void type(String text) {
        controller.keyboard().type(text);
        controller.advance();
    }

    @Test
    void theSelfTestAnswers55() {
        command(0xaa);
        assertEquals(List.of(0x55), readAll());
        command(0xab);
        assertEquals(List.of(0x00), readAll());
    }

    @Test
    void theCommandByteIsByte0OfItsRam() {
        command(0x60);
        data(0x74);
        command(0x20);
        assertEquals(List.of(0x74), readAll());
        command(0x7f);
        data(0x99);
        command(0x3f);
        assertEquals(List.of(0x99), readAll());
    }

    @Test
    void statusTellsWhetherTheLastWriteWasACommand() {
        command(0x20);
        assertEquals(0x08, status() & 0x08);
        data(0xee);
        assertEquals(0, status() & 0x08);
        assertEquals(0, status() & 0x02, "the input buffer is always empty");
    }

    @Test
    void aKeyInTranslatedSet2ComesAsSet1() {
        type("a");
        assertTrue(irq1.level);
        assertEquals(List.of(0x1e, 0x9e), readAll());
        assertFalse(irq1.level);
    }

    @Test
    void aCapitalLetterIsWrappedInShift() {
        type("A");
        assertEquals(List.of(0x2a, 0x1e, 0x9e, 0xaa), readAll());
    }

    @Test
    void withoutTranslationSet2HasABreakPrefix() {
        command(0x60);
        data(0x05);
        type("a");
        assertEquals(List.of(0x1c, 0xf0, 0x1c), readAll());
    }

    @Test
    void theKeyboardSendsTheSetThatIsChosen() {
        command(0x60);
        data(0x05);
        data(0xf0);
        data(0x01);
        assertEquals(List.of(0xfa, 0xfa), readAll());
        type("a");
        assertEquals(List.of(0x1e, 0x9e), readAll());
        data(0xf0);
        data(0x00);
        assertEquals(List.of(0xfa, 0xfa, 0x01), readAll());
        data(0xf0);
        data(0x03);
        readAll();
        type("\u001b");
        assertEquals(List.of(0x08, 0xf0, 0x08), readAll());
    }

    @Test
    void extendedKeysHaveAPrefixInBothSets() {
        controller.keyboard().key(0x75, true, true); // cursor up
        controller.keyboard().key(0x75, true, false);
        controller.advance();
        assertEquals(List.of(0xe0, 0x48, 0xe0, 0xc8), readAll());
    }

    @Test
    void everyByteMakesAnInterruptOfItsOwn() {
        int before = irq1.rises;
        type("ab");
        readAll();
        assertEquals(before + 4, irq1.rises);
    }

    @Test
    void interruptsNeedTheCommandBytesBit() {
        command(0x60);
        data(0x44);
        type("a");
        assertFalse(irq1.level);
        assertEquals(1, status() & 1);
    }

    @Test
    void aKeyboardThatIsOffKeepsItsBytes() {
        command(0xad);
        type("a");
        assertEquals(0, status() & 1);
        command(0xae);
        assertEquals(List.of(0x1e, 0x9e), readAll());
    }

    @Test
    void theKeyboardsCommandsAnswer() {
        data(0xee);
        assertEquals(List.of(0xee), readAll());
        data(0xff);
        assertEquals(List.of(0xfa, 0xaa), readAll());
        data(0xf2);
        assertEquals(List.of(0xfa, 0xab, 0x41), readAll(), "AB 83, the second byte translated");
        data(0xed);
        data(0x07);
        assertEquals(List.of(0xfa, 0xfa), readAll());
        data(0xee);
        readAll();
        data(0xfe);
        assertEquals(List.of(0xee), readAll(), "resend");
        data(0x01);
        assertEquals(List.of(0xfe), readAll());
    }

    @Test
    void disabledScanningHoldsKeysBack() {
        data(0xf5);
        readAll();
        type("a");
        assertEquals(List.of(), readAll());
        data(0xf4);
        assertEquals(List.of(0xfa, 0x1e, 0x9e), readAll());
    }

    @Test
    void theOutputPortHasGateA20AndTheResetLine() {
        command(0xd0);
        assertEquals(0x03, ports.read(0x60, 1) & 0x03);
        command(0xd1);
        data(0xdd);
        assertFalse(a20.enabled());
        command(0xdf);
        assertTrue(a20.enabled());
        command(0xdd);
        assertFalse(a20.enabled());
        command(0xd1);
        data(0xde);
        assertEquals(1, inits);
        assertTrue(a20.enabled());
    }

    @Test
    void pulsingBit0InitializesTheProcessor() {
        command(0xfe);
        assertEquals(1, inits);
        command(0xff);
        assertEquals(1, inits, "no bit is pulsed");
    }

    @Test
    void thereIsNoMouse() {
        command(0xa8);
        command(0xd4);
        data(0xf4);
        assertEquals(0x61, status() & 0x61);
        assertEquals(List.of(0xfe), readAll());
    }

    @Test
    void theHostCanPutAByteIntoTheOutputBuffer() {
        command(0xd2);
        data(0x3c);
        assertEquals(0x01, status() & 0x21);
        assertEquals(List.of(0x3c), readAll());
        command(0xd3);
        data(0x3d);
        assertEquals(0x21, status() & 0x21);
    }
}
