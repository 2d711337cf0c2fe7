/*
 * The board as an operating system finds it by ACPI: what is on the PCI bus and behind its ISA bridge, how the PCI interrupts
 * reach the interrupt controllers, and how power goes off.
 *
 * Source: ACPI specification "ACPI Source Language Reference", "Device Configuration"; 82371SB (PIIX3) datasheet "PIRQx Route
 * Control Registers". Compile with `iasl dsdt.asl`; the resource dsdt.aml is the result, and a test holds the two together.
 */
DefinitionBlock ("dsdt.aml", "DSDT", 1, "3MODE", "BOARD", 1)
{
    // The type that PM1 control takes for soft off: the PIIX4's.
    Name (\_S5, Package () { 0, 0, 0, 0 })

    Scope (\_SB)
    {
        Device (PCI0)
        {
            Name (_HID, EisaId ("PNP0A03"))
            Name (_UID, 0)
            Name (_CRS, ResourceTemplate ()
            {
                WordBusNumber (ResourceProducer, MinFixed, MaxFixed, PosDecode, 0, 0, 0xff, 0, 0x100)
                IO (Decode16, 0xcf8, 0xcf8, 1, 8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0, 0xcf7, 0, 0xcf8)
                WordIO (ResourceProducer, MinFixed, MaxFixed, PosDecode, EntireRange, 0, 0xd00, 0xffff, 0, 0xf300)
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, Cacheable, ReadWrite,
                    0, 0xa0000, 0xbffff, 0, 0x20000)
                // The end of the RAM below 4 GBytes at the most, up to the I/O APIC.
                DWordMemory (ResourceProducer, PosDecode, MinFixed, MaxFixed, NonCacheable, ReadWrite,
                    0, 0xe0000000, 0xfebfffff, 0, 0x1ec00000)
            })

            // Pin n of device d is wired to PIRQ (d + n - 1) mod 4, as on most boards. Devices from 0:2 on have slots.
            Name (_PRT, Package ()
            {
                Package () { 0x0001ffff, 0, LNKA, 0 }, Package () { 0x0001ffff, 1, LNKB, 0 },
                Package () { 0x0001ffff, 2, LNKC, 0 }, Package () { 0x0001ffff, 3, LNKD, 0 },
                Package () { 0x0002ffff, 0, LNKB, 0 }, Package () { 0x0002ffff, 1, LNKC, 0 },
                Package () { 0x0002ffff, 2, LNKD, 0 }, Package () { 0x0002ffff, 3, LNKA, 0 },
                Package () { 0x0003ffff, 0, LNKC, 0 }, Package () { 0x0003ffff, 1, LNKD, 0 },
                Package () { 0x0003ffff, 2, LNKA, 0 }, Package () { 0x0003ffff, 3, LNKB, 0 },
                Package () { 0x0004ffff, 0, LNKD, 0 }, Package () { 0x0004ffff, 1, LNKA, 0 },
                Package () { 0x0004ffff, 2, LNKB, 0 }, Package () { 0x0004ffff, 3, LNKC, 0 },
                Package () { 0x0005ffff, 0, LNKA, 0 }, Package () { 0x0005ffff, 1, LNKB, 0 },
                Package () { 0x0005ffff, 2, LNKC, 0 }, Package () { 0x0005ffff, 3, LNKD, 0 }
            })

            Device (ISA)
            {
                Name (_ADR, 0x00010000)
                OperationRegion (PIRQ, PCI_Config, 0x60, 4)
                Field (PIRQ, ByteAcc, NoLock, Preserve) { PRQA, 8, PRQB, 8, PRQC, 8, PRQD, 8 }

                Device (RTC)
                {
                    Name (_HID, EisaId ("PNP0B00"))
                    Name (_CRS, ResourceTemplate () { IO (Decode16, 0x70, 0x70, 1, 2) IRQNoFlags () { 8 } })
                }
                Device (KBD)
                {
                    Name (_HID, EisaId ("PNP0303"))
                    Name (_CRS, ResourceTemplate ()
                    {
                        IO (Decode16, 0x60, 0x60, 1, 1)
                        IO (Decode16, 0x64, 0x64, 1, 1)
                        IRQNoFlags () { 1 }
                    })
                }
                Device (COM1)
                {
                    Name (_HID, EisaId ("PNP0501"))
                    Name (_UID, 1)
                    Name (_CRS, ResourceTemplate () { IO (Decode16, 0x3f8, 0x3f8, 8, 8) IRQNoFlags () { 4 } })
                }
            }
        }

        // The ISA interrupts to which a PCI interrupt may be routed, and the one that the router holds; bit 7 disables it.
        Name (PRES, ResourceTemplate () { Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 5, 10, 11 } })
        Method (PCRS, 1, Serialized)
        {
            Name (BUFF, ResourceTemplate () { Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 0 } })
            CreateDWordField (BUFF, 5, IRQN)
            If (LNot (And (Arg0, 0x80))) { Store (Arg0, IRQN) }
            Return (BUFF)
        }
        Method (PSTA, 1) { If (And (Arg0, 0x80)) { Return (0x09) } Return (0x0b) }

        Device (LNKA)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 0)
            Method (_PRS) { Return (PRES) }
            Method (_STA) { Return (PSTA (^^PCI0.ISA.PRQA)) }
            Method (_DIS) { Or (^^PCI0.ISA.PRQA, 0x80, ^^PCI0.ISA.PRQA) }
            Method (_CRS) { Return (PCRS (^^PCI0.ISA.PRQA)) }
            Method (_SRS, 1) { CreateDWordField (Arg0, 5, IRQN) Store (IRQN, ^^PCI0.ISA.PRQA) }
        }
        Device (LNKB)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 1)
            Method (_PRS) { Return (PRES) }
            Method (_STA) { Return (PSTA (^^PCI0.ISA.PRQB)) }
            Method (_DIS) { Or (^^PCI0.ISA.PRQB, 0x80, ^^PCI0.ISA.PRQB) }
            Method (_CRS) { Return (PCRS (^^PCI0.ISA.PRQB)) }
            Method (_SRS, 1) { CreateDWordField (Arg0, 5, IRQN) Store (IRQN, ^^PCI0.ISA.PRQB) }
        }
        Device (LNKC)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 2)
            Method (_PRS) { Return (PRES) }
            Method (_STA) { Return (PSTA (^^PCI0.ISA.PRQC)) }
            Method (_DIS) { Or (^^PCI0.ISA.PRQC, 0x80, ^^PCI0.ISA.PRQC) }
            Method (_CRS) { Return (PCRS (^^PCI0.ISA.PRQC)) }
            Method (_SRS, 1) { CreateDWordField (Arg0, 5, IRQN) Store (IRQN, ^^PCI0.ISA.PRQC) }
        }
        Device (LNKD)
        {
            Name (_HID, EisaId ("PNP0C0F"))
            Name (_UID, 3)
            Method (_PRS) { Return (PRES) }
            Method (_STA) { Return (PSTA (^^PCI0.ISA.PRQD)) }
            Method (_DIS) { Or (^^PCI0.ISA.PRQD, 0x80, ^^PCI0.ISA.PRQD) }
            Method (_CRS) { Return (PCRS (^^PCI0.ISA.PRQD)) }
            Method (_SRS, 1) { CreateDWordField (Arg0, 5, IRQN) Store (IRQN, ^^PCI0.ISA.PRQD) }
        }
    }
}
