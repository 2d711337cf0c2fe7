package org.thirdmode.pc.pci;

/** The functions of an i440FX and PIIX3 board, with the identification that QEMU's {@code pc} machine has. */
public final class Chipset {
    private static final int INTEL = 0x8086;

    private Chipset() {}

    /** The 82441FX host bridge at 0:0.0; {@code memory} hears of its attribute map. */
    public static PciFunction hostBridge(ProgrammableAttributes memory) {
        return new PciFunction(INTEL, 0x1237, 0x02, 0x06_0000) {
            {
                allow(ProgrammableAttributes.FIRST_REGISTER, 0x3333_3330, 4);
                allow(ProgrammableAttributes.FIRST_REGISTER + 4, 0x33_3333, 3);
            }

            @Override
            public void reset() {
                super.reset();
                apply();
            }

            @Override
            protected void changed(int offset, int size) {
                if (offset + size > ProgrammableAttributes.FIRST_REGISTER
                        && offset < ProgrammableAttributes.FIRST_REGISTER + ProgrammableAttributes.REGISTERS) {
                    apply();
                }
            }

            private void apply() {
                for (int i = 0; i < ProgrammableAttributes.REGISTERS; i++) {
                    memory.set(i, read(ProgrammableAttributes.FIRST_REGISTER + i));
                }
            }
        };
    }

    /** The PIIX3's ISA bridge at 0:1.0, with its PIRQ route control registers. */
    public static PciFunction isaBridge() {
        return new PciFunction(INTEL, 0x7000, 0x00, 0x06_0100) {
            {
                multifunction();
                fix(0x60, 0x8080_8080, 4);
                allow(0x60, 0x8f8f_8f8f, 4);
            }
        };
    }

    /** The PIIX4's power-management function at 0:1.3; its I/O block is at its usual place whatever a guest writes. */
    public static PciFunction powerManagement(int ioBase) {
        return new PciFunction(INTEL, 0x7113, 0x03, 0x06_8000) {
            {
                fix(0x40, ioBase | 1, 4);
                allow(0x80, 0x01, 1);
                fix(0x80, 0x01, 1);
                interruptPin(1);
                fix(0x3c, 9, 1);
            }
        };
    }
}
