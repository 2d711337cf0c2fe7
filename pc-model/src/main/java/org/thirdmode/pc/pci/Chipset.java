package org.thirdmode.pc.pci;

import org.thirdmode.pc.device.AcpiPm;

/** The functions of an i440FX and PIIX3 board, with the identification that QEMU's {@code pc} machine has. */
public final class Chipset {
    private static final int INTEL = 0x8086;

    // 82371AB (PIIX4) datasheet "Power Management Base Address", "Miscellaneous Power Management".
    private static final int PM_BASE = 0x40;
    private static final int PM_MISCELLANEOUS = 0x80;
    private static final int PIRQ_ROUTES = 0x60;
    private static final int DEVICE_ACTIVITY_B = 0x58;
    private static final int APMC_ENABLE = 1 << 25;

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

    /** The PIIX3's ISA bridge at 0:1.0, with the PIRQ route control registers of {@code pirqs}. */
    public static PciFunction isaBridge(PirqRouter pirqs) {
        return new PciFunction(INTEL, 0x7000, 0x00, 0x06_0100) {
            {
                multifunction();
                fix(PIRQ_ROUTES, 0x8080_8080, 4);
                allow(PIRQ_ROUTES, 0x8f8f_8f8f, 4);
            }

            @Override
            public void reset() {
                super.reset();
                route();
            }

            @Override
            protected void changed(int offset, int size) {
                route();
            }

            private void route() {
                for (int request = 0; request < PirqRouter.REQUESTS; request++) {
                    pirqs.route(request, read(PIRQ_ROUTES + request));
                }
            }
        };
    }

    /** The PIIX4's power-management function at 0:1.3, whose base register moves {@code pm}. */
    public static PciFunction powerManagement(AcpiPm pm) {
        return new PciFunction(INTEL, 0x7113, 0x03, 0x06_8000) {
            {
                fix(PM_BASE, AcpiPm.BASE | 1, 4);
                allow(PM_BASE, 0xffc0, 4);
                fix(PM_MISCELLANEOUS, 1, 1);
                allow(PM_MISCELLANEOUS, 1, 1);
                // There is no system-management mode: to firmware its set-up is already done.
                fix(DEVICE_ACTIVITY_B, APMC_ENABLE, 4);
                interruptPin(1);
                fix(0x3c, 9, 1);
            }

            @Override
            public void reset() {
                super.reset();
                pm.move(AcpiPm.BASE);
            }

            @Override
            protected void changed(int offset, int size) {
                int base = (read(PM_BASE) & 0xc0) | read(PM_BASE + 1) << 8;
                if ((read(PM_MISCELLANEOUS) & 1) != 0 && base != 0) {
                    pm.move(base);
                }
            }
        };
    }
}
