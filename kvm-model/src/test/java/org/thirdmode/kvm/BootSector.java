package org.thirdmode.kvm;

import java.io.ByteArrayOutputStream;
import java.util.HexFormat;
import java.util.Optional;
import org.thirdmode.kvm.vmm.VirtualMachine;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.Machine;
import org.thirdmode.pc.MachineConfiguration;
import org.thirdmode.pc.MachineOutcome;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.LoadOptions;

/** A guest of at most 510 bytes in real mode, which tells by the debug console, port E9H. */
public record BootSector(Image image) {
    private static final int SIZE = 512;

    /** What came of it: the bytes that it told in hexadecimal, and its time. */
    public record Run(MachineOutcome outcome, String told, long ticks) {}

    /** From machine code in hexadecimal, for address 7C00H. */
    public static BootSector of(String code) {
        byte[] sector = new byte[SIZE];
        byte[] bytes = HexFormat.of().parseHex(code);
        System.arraycopy(bytes, 0, sector, 0, bytes.length);
        sector[SIZE - 2] = 0x55;
        sector[SIZE - 1] = (byte) 0xaa;
        return new BootSector(new Image("sector", sector));
    }

    /** Runs on the bare machine. */
    public Run bare(long budget) throws Exception {
        return bare(MachineConfiguration.DEFAULT, budget);
    }

    /** Runs on such a bare machine. */
    public Run bare(MachineConfiguration configuration, long budget) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Machine machine = new Machine(
                configuration, Optional.of(image), LoadOptions.DEFAULT, new HostPorts(value -> {}, out::write));
        MachineOutcome outcome = machine.run(budget);
        return new Run(
                outcome,
                HexFormat.of().formatHex(out.toByteArray()),
                machine.processor().now());
    }

    /** A virtual machine with it, whose debug console is {@code out}. */
    public VirtualMachine machine(Virt virt, MmuKind mmu, ByteArrayOutputStream out) throws Exception {
        return machine(MachineConfiguration.DEFAULT, virt, mmu, out);
    }

    /** Such a virtual machine with it, whose debug console is {@code out}. */
    public VirtualMachine machine(MachineConfiguration configuration, Virt virt, MmuKind mmu, ByteArrayOutputStream out)
            throws Exception {
        return new VirtualMachine(
                configuration,
                virt,
                mmu,
                Optional.of(image),
                LoadOptions.DEFAULT,
                new HostPorts(value -> {}, out::write));
    }

    /** Runs in a virtual machine, so many ticks at a time. */
    public Run virtual(Virt virt, MmuKind mmu, long stretch) throws Exception {
        return virtual(MachineConfiguration.DEFAULT, virt, mmu, stretch);
    }

    /** Runs in such a virtual machine, so many ticks at a time. */
    public Run virtual(MachineConfiguration configuration, Virt virt, MmuKind mmu, long stretch) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (VirtualMachine machine = machine(configuration, virt, mmu, out)) {
            MachineOutcome outcome = machine.run(stretch);
            while (outcome instanceof MachineOutcome.BudgetReached) {
                outcome = machine.run(stretch);
            }
            return new Run(
                    outcome,
                    HexFormat.of().formatHex(out.toByteArray()),
                    machine.vcpu().ticks());
        }
    }
}
