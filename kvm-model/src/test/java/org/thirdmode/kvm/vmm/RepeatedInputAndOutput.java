package org.thirdmode.kvm.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.thirdmode.kvm.BootSector;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.pc.MachineOutcome;

/** REP INS and REP OUTS go to user space many iterations at once, and the guest cannot tell. */
class RepeatedInputAndOutput {
    private static final long BUDGET = 10_000_000;

    /** A boot sector. While it repeats, a timer interrupts it every 1,676 ticks; the handler notes how far CX has come. */
    private static final BootSector SECTOR = BootSector.of(
            "fa31c08ed88ec0" // cli; ds = es = 0
                    + "c70620007b7ca32200" // the timer's handler is 0:7c7b
                    + "b034e643b002e640b000e640" // the timer: mode 2, 2 of its cycles
                    + "bb0060" // bx = 6000h, the handler's notes
                    + "bf0080b9581b89c86bc025aae2f8" // 7,000 bytes at 8000h
                    + "fcfbbe0380b97017bae900f36e" // cld; sti; rep outsb: 6,000 bytes from 8003h on, to port e9h
                    + "ba4000bf019ab98813f36c" // rep insb: 5,000 bytes of the timer's counter to 9a01h
                    + "ba4005bf009cb9840366f36d" // rep insl: 900 double words of port 540h to 9c00h
                    + "fabae900be009ab98a13f36e" // cli; rep outsb: what was read
                    + "be006089d929f1f36e" // rep outsb: the notes
                    + "be0070c606037007b90900baf400c606007000f36e" // rep outsb: 0 and more to port f4h, the end
                    + "890f83c30250b020e62058cf"); // the handler: [bx] = cx; bx += 2; end of interrupt; iret

    @ParameterizedTest
    @EnumSource
    void isInterruptedWhereTheBareMachineIs(MmuKind mmu) throws Exception {
        BootSector.Run bare = SECTOR.bare(BUDGET);
        assertEquals(new MachineOutcome.Exited(0), bare.outcome());
        for (Virt virt : Stream.of(Virt.values()).filter(mmu::runsOn).toList()) {
            for (long stretch : new long[] {BUDGET, 777}) {
                assertEquals(bare, SECTOR.virtual(virt, mmu, stretch), () -> "by " + virt);
            }
        }
    }

    /** 17,000 iterations: 3 of 1,676 ticks a page at most, and what interrupts and their ends cost. */
    @Test
    void leavesForUserSpaceOnceAPageOrAnInterrupt() throws Exception {
        for (Virt virt : Virt.values()) {
            try (VirtualMachine machine = SECTOR.machine(virt, MmuKind.NESTED, new ByteArrayOutputStream())) {
                machine.run(BUDGET);
                long exits = machine.vcpu().userSpaceExits();
                assertTrue(exits < 200, exits + " returns to user space by " + virt);
            }
        }
    }
}
