package org.thirdmode.svm;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.thirdmode.svm.exec.SvmExit;
import org.thirdmode.svm.vmcb.VmcbField;
import org.thirdmode.svm.vmcb.VmcbImage;
import org.thirdmode.x86.exec.Processor;
import org.thirdmode.x86.state.CpuState;

/** Whatever a hypervisor writes into a VMCB: no Java exception, no endless loop, no memory without bound. */
class HostileVmcbs {
    private static final long FRAMES = 4096;

    /** Each run ends: within the budget, or because the processor is dead or shut down. */
    private static void ends(SvmMachine machine) {
        long begun = machine.cpu.now();
        machine.run();
        // An iteration budget is exact; an exit takes no tick of its own.
        assertTrue(machine.cpu.now() - begun <= 20_001);
        assertTrue(machine.memory.framesInUse() < FRAMES);
        SvmExit.of(machine.get(VmcbField.EXITCODE), machine.get(VmcbField.EXITINFO1), machine.get(VmcbField.EXITINFO2));
    }

    @Property(tries = 80)
    void randomBytes(@ForAll long seed) {
        Random random = new Random(seed);
        SvmMachine machine = new SvmMachine();
        byte[] bytes = new byte[VmcbField.VMCB_SIZE];
        random.nextBytes(bytes);
        machine.memory.load(SvmMachine.VMCB, bytes);
        ends(machine);
    }

    /** A valid VMCB with a few fields of nonsense, which mostly enters. */
    @Property(tries = 200)
    void aFewFieldsOfNonsense(@ForAll long seed) {
        Random random = new Random(seed);
        SvmMachine machine = new SvmMachine();
        VmcbField[] fields = VmcbField.values();
        VmcbImage image = SvmMachine.validVmcb();
        if (random.nextBoolean()) {
            image.set(VmcbField.NESTED_CONTROL, 1);
            image.set(VmcbField.N_CR3, SvmMachine.NESTED_TABLES);
        }
        for (int n = 0; n < 6; n++) {
            VmcbField field = fields[random.nextInt(fields.length)];
            if (field.scalar()) {
                long value = random.nextInt(3) == 0 ? random.nextLong() : 1L << random.nextInt(64);
                image.set(field, random.nextBoolean() ? value : image.get(field) ^ value);
            }
        }
        machine.store(image);
        byte[] code = new byte[64];
        random.nextBytes(code);
        if (random.nextBoolean()) {
            machine.memory.load(SvmMachine.GUEST_CODE, code);
        }
        // The host enters again and again: vmrun; jmp to it.
        machine.host(0x0f, 0x01, 0xd8, 0xeb, 0xfb);
        ends(machine);
    }

    /** The host save area is overwritten by the guest, or is no memory at all. */
    @Property(tries = 50)
    void aHostSaveAreaOfNonsense(@ForAll long seed) {
        Random random = new Random(seed);
        SvmMachine machine = new SvmMachine();
        if (random.nextInt(4) == 0) {
            machine.cpu.system.msrs.write(SvmMachine.MSR_VM_HSAVE_PA, 0x80_0000_0000L);
            ends(machine);
            return;
        }
        byte[] bytes = new byte[0x800];
        random.nextBytes(bytes);
        // Enter by the opcode, then change what the exit will load.
        machine.guest(0xf3, 0x48, 0xab, 0x0f, 0x01, 0xd9); // rep stosq; vmmcall
        machine.cpu.state.r[CpuState.RDI] = SvmMachine.HOST_SAVE + 0x400 + (random.nextInt(64) * 8L);
        machine.cpu.state.r[CpuState.RCX] = random.nextInt(64);
        machine.set(VmcbField.RAX, random.nextBoolean() ? random.nextLong() : random.nextInt(0x10000));
        Processor.Stop stop = machine.run();
        assertTrue(stop != null);
    }
}
