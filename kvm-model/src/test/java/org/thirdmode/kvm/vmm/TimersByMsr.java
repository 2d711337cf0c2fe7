package org.thirdmode.kvm.vmm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.thirdmode.kvm.BootSector;
import org.thirdmode.kvm.MmuKind;
import org.thirdmode.kvm.Virt;
import org.thirdmode.pc.MachineOutcome;

/** The local APIC's timer in x2APIC mode is programmed by WRMSR, which does not go out to user space. */
class TimersByMsr {
    private static final long BUDGET = 1_000_000;

    /** A boot sector; what it notes of three timers goes to the debug console. */
    private static final BootSector SECTOR = BootSector.of(
            "fa31c08ed88ec0a20060c7060001c97ca30201" // the handler of vector 40h is 0:7cc9
                    + "66b91b0000000f32660d000c00000f30" // x2APIC mode
                    + "6631d266b90f08000066b8ff0100000f30" // enabled by the spurious-interrupt vector register
                    + "66b93208000066b8400000000f30" // timer: one shot, vector 40h
                    + "66b93e08000066b80b0000000f30" // divided by 1
                    + "31dbfb66b93808000066b8f40100000f30" // bx = 0; sti; 500 of its clocks
                    + "43803e00600074f8891e0260" // until the handler was here: bx++
                    + "66b9390800000f32a30460" // the current count
                    + "66b93808000066b8881300000f30b91400e2fe" // 5,000 clocks; 20 instructions
                    + "66b9390800000f32a30660" // the current count
                    + "66b93208000066b8400004000f30" // timer: TSC deadline
                    + "0f3166b9e006000031db0f30" // now
                    + "4343a10060a30860" // bx += 2; how often the handler was here
                    + "bae900be0060b90c00f36ebaf400b000ee" // tell, and end with 0
                    + "fe060060891e0a60" // the handler: one more; what bx is
                    + "66506651665266" + "31c06631d266b90b0800000f30665a66596658cf"); // end of interrupt; iret

    @ParameterizedTest
    @EnumSource
    void expireWhereThoseOfTheBareMachineDo(MmuKind mmu) throws Exception {
        BootSector.Run bare = SECTOR.bare(BUDGET);
        assertEquals(new MachineOutcome.Exited(0), bare.outcome());
        assertEquals("0200", bare.told().substring(0, 4), "two of them expired");
        assertEquals("0000", bare.told().substring(20), "the deadline that is past, before the next instruction");
        for (Virt virt : Stream.of(Virt.values()).filter(mmu::runsOn).toList()) {
            assertEquals(bare, SECTOR.virtual(virt, mmu, BUDGET), () -> "by " + virt);
        }
    }
}
