package org.thirdmode.kvm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.LoadOptions;
import org.thirdmode.x86.profile.CpuProfile;

/** A guest whose vector table, gates or stack lie where nothing is: the bus answers with ones, as on the bare machine. */
class EventsWhereNoMemoryIs {
    /** lgdt [7c40h], CR0.PE = 1, jmp 8:7c11h, DS and SS flat; the GDT is at 7C50H. */
    private static final String PROTECTED_MODE =
            "fa0f0116407c" + "0f20c00c010f22c0" + "ea147c0800" + "90" + "66b810008ed88ed0";

    private static final String GDT =
            "17004a7c0000" + "00000000" + "0000000000000000" + "ffff0000009acf00" + "ffff00000092cf00";

    /** With the IDT at F0000000H, INT3. */
    private static final String NO_VECTORS = PROTECTED_MODE + "0f011d387c0000" + "cc" + "f4";

    /** With the stack at F0001000H and no IDT either, UD2. */
    private static final String NO_STACK = PROTECTED_MODE + "bc001000f0" + "0f011d387c0000" + "0f0b" + "f4";

    /** In real-address mode: lidt of F0000000H, then a division by zero. */
    private static final String NO_REAL_MODE_VECTORS = "fa660f011e387c" + "31c9f7f1" + "f4";

    private static String sector(String code) {
        StringBuilder sector = new StringBuilder(code);
        while (sector.length() < 2 * 0x38) {
            sector.append("00");
        }
        // 38H: the limit and base of the IDT; 40H: of the GDT.
        return sector.append("ff07000000f0").append("0000").append(GDT).toString();
    }

    private record On(String processor, Virt virt, MmuKind mmu) {}

    static Stream<On> machines() {
        List<On> machines = new ArrayList<>();
        for (Virt virt : Virt.values()) {
            for (MmuKind mmu : MmuKind.on(virt)) {
                machines.add(new On("generic", virt, mmu));
            }
        }
        machines.add(new On("prescott", Virt.VMX, MmuKind.CACHED));
        machines.add(new On("nehalem", Virt.VMX, MmuKind.NESTED));
        return machines.stream();
    }

    @ParameterizedTest
    @MethodSource("machines")
    void endAsOnTheBareMachine(On on) throws Exception {
        MachineConfiguration told =
                MachineConfiguration.DEFAULT.withProfile(CpuProfile.named().get(on.processor));
        for (String code : List.of(NO_VECTORS, NO_STACK, NO_REAL_MODE_VECTORS)) {
            BootSector sector = BootSector.of(sector(code));
            Machine bare =
                    new Machine(told, Optional.of(sector.image()), LoadOptions.DEFAULT, HostPorts.serial(value -> {}));
            MachineOutcome expected = bare.run(10_000);
            try (VirtualMachine machine = new VirtualMachine(
                    told,
                    on.virt,
                    on.mmu,
                    Optional.of(sector.image()),
                    LoadOptions.DEFAULT,
                    HostPorts.serial(value -> {}))) {
                assertEquals(expected, machine.run(10_000), code);
            }
            if (!code.equals(NO_REAL_MODE_VECTORS)) {
                assertInstanceOf(MachineOutcome.TripleFault.class, expected);
            }
        }
    }
}
