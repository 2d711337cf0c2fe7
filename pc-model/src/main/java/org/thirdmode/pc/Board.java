package org.thirdmode.pc;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.thirdmode.pc.apic.IoApic;
import org.thirdmode.pc.apic.LocalApic;
import org.thirdmode.pc.ata.AtaChannel;
import org.thirdmode.pc.ata.AtaDisk;
import org.thirdmode.pc.ata.IdeFunction;
import org.thirdmode.pc.bus.DirectMemoryAccess;
import org.thirdmode.pc.bus.InterruptRouter;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.bus.PortDevice;
import org.thirdmode.pc.device.A20Gate;
import org.thirdmode.pc.device.AcpiPm;
import org.thirdmode.pc.device.CoprocessorError;
import org.thirdmode.pc.device.DebugConsole;
import org.thirdmode.pc.device.ExitPort;
import org.thirdmode.pc.device.FwCfg;
import org.thirdmode.pc.device.KeyboardController;
import org.thirdmode.pc.device.PicPair;
import org.thirdmode.pc.device.Pit8254;
import org.thirdmode.pc.device.PostPort;
import org.thirdmode.pc.device.RegionsOfInterest;
import org.thirdmode.pc.device.ResetLines;
import org.thirdmode.pc.device.Rtc;
import org.thirdmode.pc.device.ShutdownPort;
import org.thirdmode.pc.device.StopCause;
import org.thirdmode.pc.device.SystemPorts;
import org.thirdmode.pc.device.TestDevice;
import org.thirdmode.pc.device.Uart16550;
import org.thirdmode.pc.device.VgaText;
import org.thirdmode.pc.disk.DiskInterface;
import org.thirdmode.pc.firmware.PciSetup;
import org.thirdmode.pc.firmware.StubFirmware;
import org.thirdmode.pc.loader.BiosImage;
import org.thirdmode.pc.loader.Image;
import org.thirdmode.pc.loader.ImageException;
import org.thirdmode.pc.memory.MemoryLayout;
import org.thirdmode.pc.pci.Chipset;
import org.thirdmode.pc.pci.PciBus;
import org.thirdmode.pc.pci.PirqRouter;
import org.thirdmode.pc.pci.ProgrammableAttributes;
import org.thirdmode.pc.virtio.VirtioBlock;
import org.thirdmode.pc.virtio.VirtioNetwork;
import org.thirdmode.x86.bus.ProcessorSignals;
import org.thirdmode.x86.memory.PhysicalMemory;
import org.thirdmode.x86.profile.Feature;
import org.thirdmode.x86.snapshot.StatePort;
import org.thirdmode.x86.snapshot.Stateful;
import org.thirdmode.x86.time.GuestClock;

/**
 * A PC without its processor: memory, buses and devices, wired as on a board with the 440FX and PIIX chips and with what QEMU
 * adds to it for guests and tests.
 *
 * <pre>
 *   0-9FFFF RAM   A0000-BFFFF video   C0000-FFFFF ROM or the RAM beneath it   100000-DFFFFFFF RAM
 *   FEC00000 I/O APIC   FEE00000 local APIC   FF000000 test device   ROM up to FFFFFFFF   100000000- RAM
 * </pre>
 *
 * <p>The lines: 0 timer, 1 keyboard, 4 COM1, 8 RTC, 9 ACPI, 12 mouse, 13 coprocessor, 14 disk; any by the test device, and by PCI
 * where its requests are led.
 */
public final class Board implements ResetLines, Stateful {
    private static final long FOUR_GIGABYTES = 1L << 32;

    /** Of a ROM, what is also seen below 1 MByte. */
    private static final int LOW_ROM = 128 << 10;

    private static final int COM1 = 0x3f8;

    private final MachineConfiguration configuration;
    private final GuestClock clock = new GuestClock();
    private final PhysicalMemory memory;
    private final IoPorts ports = new IoPorts();
    private final PicPair pics;
    private final InterruptRouter lines;
    private final ProgrammableAttributes attributes;
    private final FwCfg fwCfg;
    private final LocalApic localApic;
    private final IoApic ioApic;
    private final Pit8254 pit;
    private final Rtc rtc;
    private final Uart16550 com1;
    private final A20Gate a20 = new A20Gate();
    private final KeyboardController keyboardController;
    private final SystemPorts systemPorts;
    private final CoprocessorError coprocessorError;
    private final AcpiPm acpiPm;
    private final PciBus pci;
    private final PostPort post = new PostPort();
    private final RegionsOfInterest regions = new RegionsOfInterest();
    private final TestDevice testDevice;
    private final VgaText vga;
    private final Optional<AtaChannel> ide;
    private final Optional<IdeFunction> ideFunction;
    private final PirqRouter pirqs;
    private final DirectMemoryAccess busMasters;
    private final Optional<VirtioBlock> virtio;
    private final Optional<VirtioNetwork> network;
    private ProcessorSignals processor;
    private Runnable onStop = () -> {};
    private StopCause stopCause;
    private long resets;
    private boolean endsAtReset;

    /**
     * A board after reset.
     *
     * @throws ImageException where the configuration's firmware cannot be a ROM
     */
    public Board(MachineConfiguration configuration, HostPorts host) throws ImageException {
        this(configuration, host, new PhysicalMemory(configuration.addressWidth()));
    }

    /**
     * A board after reset whose address space is given: that of a virtual machine shares its RAM with a host.
     *
     * @throws ImageException where the configuration's firmware cannot be a ROM
     */
    public Board(MachineConfiguration configuration, HostPorts host, PhysicalMemory memory) throws ImageException {
        this.configuration = configuration;
        this.memory = memory;
        MemoryLayout layout = configuration.memory();
        layout.map(memory);
        attributes = new ProgrammableAttributes(memory);
        mapFirmware();

        pics = new PicPair(this::externalInterrupt);
        localApic = new LocalApic(
                clock,
                memory,
                pics,
                0,
                configuration.profile().has(Feature.X2APIC),
                configuration.profile().has(Feature.TSC_DEADLINE));
        ioApic = new IoApic(localApic);
        lines = new InterruptRouter(pics, ioApic);
        pit = new Pit8254(clock, lines.connect(0));
        rtc = new Rtc(clock, lines.connect(8), configuration.startDate());
        com1 = new Uart16550(clock, lines.connect(4), host.serial());
        keyboardController = new KeyboardController(lines.connect(1), lines.connect(12), a20, this);
        systemPorts = new SystemPorts(clock, pit, a20, this);
        coprocessorError = new CoprocessorError(lines.connect(13));
        acpiPm = new AcpiPm(clock, lines.connect(9), this::stop, 24);
        testDevice = new TestDevice(lines);
        vga = new VgaText(clock, memory);
        pirqs = new PirqRouter(lines);
        busMasters = new DirectMemoryAccess(memory);
        ide = host.disk(DiskInterface.IDE)
                .map(image -> new AtaChannel(clock, image, busMasters, lines.connect(AtaChannel.LINE)));
        ideFunction = ide.map(channel -> new IdeFunction(channel.busMaster()));
        virtio = host.disk(DiskInterface.VIRTIO)
                .map(image -> new VirtioBlock(clock, busMasters, image, pirqs.slot(VirtioBlock.SLOT)));
        network = configuration.network()
                ? Optional.of(new VirtioNetwork(clock, busMasters, pirqs.slot(VirtioNetwork.SLOT)))
                : Optional.empty();
        pci = new PciBus(systemPorts);
        pci.add(0, 0, Chipset.hostBridge(attributes));
        pci.add(1, 0, Chipset.isaBridge(pirqs));
        ideFunction.ifPresent(function -> pci.add(IdeFunction.DEVICE, IdeFunction.FUNCTION, function));
        pci.add(1, 3, Chipset.powerManagement(acpiPm));
        virtio.ifPresent(disk -> pci.add(VirtioBlock.SLOT, 0, disk));
        network.ifPresent(card -> pci.add(VirtioNetwork.SLOT, 0, card));
        fwCfg = new FwCfg(configuration.memory().size(), 1);
        attach(host);
        setUpRtcRam(layout);
        connect(NO_PROCESSOR);
        resetDevices();
    }

    private void mapFirmware() throws ImageException {
        byte[] rom = StubFirmware.chip();
        if (configuration.firmware().isPresent()) {
            Image image = configuration.firmware().get();
            BiosImage.check(image);
            rom = image.bytes();
        }
        memory.mapRom(FOUR_GIGABYTES - rom.length, rom);
        attributes.setRom(Arrays.copyOfRange(rom, Math.max(0, rom.length - LOW_ROM), rom.length));
    }

    private void attach(HostPorts host) {
        pics.attach(ports);
        pit.attach(ports);
        rtc.attach(ports);
        com1.attach("COM1", ports, COM1);
        keyboardController.attach(ports);
        systemPorts.attach(ports);
        coprocessorError.attach(ports);
        acpiPm.attach(ports);
        pci.attach(ports);
        post.attach(ports);
        regions.attach(ports);
        vga.attach(ports);
        ide.ifPresent(channel -> channel.attach(ports));
        ideFunction.ifPresent(function -> function.attach(ports));
        virtio.ifPresent(disk -> disk.attach(ports));
        network.ifPresent(card -> card.attach(ports));
        ioApic.attach(memory);
        testDevice.attach(ports, memory);
        new ExitPort(this::stop).attach(ports);
        new ShutdownPort(this::stop).attach(ports);
        new DebugConsole(0xe9, host.debug()).attach(ports, 0xe9);
        new DebugConsole(0xe9, host.debug()).attach(ports, 0x402);
        fwCfg.addFile("etc/e820", e820());
        // There is no VGA BIOS: SeaBIOS, and what calls its INT 10H and INT 16H, has COM1 for a console.
        fwCfg.addFile("etc/sercon-port", FwCfg.number(COM1, 8));
        fwCfg.attach(ports);
        ports.register("boot request", StubFirmware.BOOT_PORT, 1, 1, new PortDevice() {
            @Override
            public int read(int offset, int size) {
                return 0xff;
            }

            @Override
            public void write(int offset, int size, int value) {
                stop(new StopCause.BootRequested());
            }
        });
    }

    /** QEMU's table of RAM for firmware: base, length, type 1. */
    private byte[] e820() {
        MemoryLayout layout = configuration.memory();
        boolean above = layout.top() > MemoryLayout.ABOVE_4G;
        byte[] table = new byte[above ? 40 : 20];
        putRange(table, 0, 0, layout.highEnd());
        if (above) {
            putRange(table, 20, MemoryLayout.ABOVE_4G, layout.top() - MemoryLayout.ABOVE_4G);
        }
        return table;
    }

    private static void putRange(byte[] table, int at, long base, long length) {
        System.arraycopy(FwCfg.number(base, 8), 0, table, at, 8);
        System.arraycopy(FwCfg.number(length, 8), 0, table, at + 8, 8);
        System.arraycopy(FwCfg.number(1, 4), 0, table, at + 16, 4);
    }

    /** What a set-up program has stored about the machine. */
    private void setUpRtcRam(MemoryLayout layout) {
        putRam(0x15, 2, 640);
        long aboveOne = (layout.highEnd() - MemoryLayout.HIGH) >>> 10;
        putRam(0x17, 2, Math.min(aboveOne, 0xfc00));
        putRam(0x30, 2, Math.min(aboveOne, 0xfc00));
        putRam(0x34, 2, Math.max(0, layout.highEnd() - (16L << 20)) >>> 16);
        putRam(0x5b, 3, Math.max(0, layout.top() - MemoryLayout.ABOVE_4G) >>> 16);
        rtc.setRam(0x14, 0x06); // equipment: a coprocessor, a mouse port
        rtc.setRam(0x38, 0x10); // boot from the first hard disk
        rtc.setRam(0x3d, 0x02);
        rtc.setRam(0x5f, 0); // processors but the first
        int sum = 0;
        for (int location = 0x10; location <= 0x2d; location++) {
            sum += rtc.ram(location);
        }
        rtc.setRam(0x2e, sum >>> 8);
        rtc.setRam(0x2f, sum);
    }

    private void putRam(int location, int size, long value) {
        for (int i = 0; i < size; i++) {
            rtc.setRam(location + i, (int) (value >>> (i * 8)) & 0xff);
        }
    }

    /** INT of the 8259A pair: to LINT0 of the processor, and to pin 0 of the I/O APIC. */
    private void externalInterrupt(boolean asserted) {
        if (localApic != null && ioApic != null) {
            localApic.lint0(asserted);
            ioApic.input(0, asserted);
        }
    }

    // ---- the processor ----

    /** Puts the processor into its socket. */
    public void connect(ProcessorSignals signals) {
        processor = signals;
        localApic.connect(signals, ioApic);
        a20.connect(signals);
    }

    /** The processor's FERR# pin: an unmasked x87 exception waits, and CR0.NE is clear. */
    public void coprocessorError() {
        coprocessorError.reported();
    }

    /** What hears that {@link #stopCause()} is set, so that the processor stops. */
    public void onStop(Runnable listener) {
        onStop = listener;
    }

    private void stop(StopCause cause) {
        if (stopCause == null) {
            stopCause = cause;
            onStop.run();
        }
    }

    /** Why a device asked the machine to stop. */
    public Optional<StopCause> stopCause() {
        return Optional.ofNullable(stopCause);
    }

    /** Forgets {@link #stopCause()}: the machine goes on. */
    public void clearStopCause() {
        stopCause = null;
    }

    // ---- resets ----

    /** From now on a reset that the guest asks for, of the board or by its keyboard controller, is the machine's end. */
    public void endAtReset() {
        endsAtReset = true;
    }

    @Override
    public void initProcessor() {
        if (endsAtReset) {
            stop(new StopCause.Reset());
            return;
        }
        localApic.init();
        processor.init();
    }

    @Override
    public void resetBoard() {
        resets++;
        if (endsAtReset) {
            stop(new StopCause.Reset());
            return;
        }
        resetDevices();
        processor.reset();
    }

    private void resetDevices() {
        pics.reset();
        localApic.reset();
        ioApic.reset();
        pit.reset();
        rtc.reset();
        com1.reset();
        keyboardController.reset();
        systemPorts.reset();
        coprocessorError.reset();
        acpiPm.reset();
        pci.reset();
        testDevice.reset();
        ide.ifPresent(AtaChannel::reset);
    }

    /**
     * Brings memory and devices into the state in which firmware hands over to an image: handlers in the interrupt vector
     * table, the 8259A pair at vectors 08H and 70H with only the timer let through, the timer at 18.2 Hz, the local APIC as a
     * wire for the 8259A pair.
     */
    public void actAsFirmware() {
        StubFirmware.prepare(memory);
        int[][] writes = {
            // Counter 0: mode 2, 65536. First, since OUT rises with it and the PIC's initialization forgets that edge.
            {0x43, 0x34},
            {0x40, 0x00},
            {0x40, 0x00},
            {0x20, 0x11},
            {0x21, 0x08},
            {0x21, 0x04},
            {0x21, 0x01},
            {0xa0, 0x11},
            {0xa1, 0x70},
            {0xa1, 0x02},
            {0xa1, 0x01},
            // Masks: the timer and the cascade are let through.
            {0x21, 0xfa},
            {0xa1, 0xff},
        };
        for (int[] write : writes) {
            ports.write(write[0], 1, write[1]);
        }
        virtio.ifPresent(disk -> PciSetup.placeVirtio(ports, VirtioBlock.SLOT));
        network.ifPresent(card -> PciSetup.placeVirtio(ports, VirtioNetwork.SLOT));
        ide.ifPresent(channel -> PciSetup.placeIde(ports));
        // SDM 3A "Local APIC" and the MP specification's "Virtual Wire Mode".
        localApic.write(0x0f0, 4, 0x1ff);
        localApic.write(0x350, 4, 0x700);
        localApic.write(0x360, 4, 0x400);
    }

    // ---- parts ----

    public GuestClock clock() {
        return clock;
    }

    public PhysicalMemory memory() {
        return memory;
    }

    public IoPorts ports() {
        return ports;
    }

    public LocalApic localApic() {
        return localApic;
    }

    /** Whether the processor could be woken by an NMI or INIT, however long it sleeps with interrupts disabled. */
    public boolean mayWakeUnmaskably() {
        return localApic.passesUnmaskable() || ioApic.passesUnmaskable();
    }

    public Uart16550 com1() {
        return com1;
    }

    public VgaText vga() {
        return vga;
    }

    /** The disk, where the machine has one. */
    public Optional<AtaDisk> disk() {
        return ide.map(AtaChannel::disk);
    }

    /** The virtio disk, where the machine has one. */
    public Optional<VirtioBlock> virtioDisk() {
        return virtio;
    }

    /** How devices reach memory by themselves. */
    public DirectMemoryAccess busMasters() {
        return busMasters;
    }

    /** The regions of interest that the guest marks. */
    public RegionsOfInterest regions() {
        return regions;
    }

    /** Types {@code text} on the keyboard. */
    public void type(String text) {
        keyboardController.keyboard().type(text);
        keyboardController.advance();
    }

    /** What the devices counted, by name, in the order to print. */
    public Map<String, Long> counts() {
        Map<String, Long> counts = growingCounts();
        counts.put("last POST code", (long) post.code());
        return counts;
    }

    /** The same without what is no count of anything: each of these only ever grows. */
    public Map<String, Long> growingCounts() {
        Map<String, Long> counts = new LinkedHashMap<>();
        counts.put("port reads", ports.reads());
        counts.put("port writes", ports.writes());
        counts.put("interrupts acknowledged", localApic.acknowledged());
        counts.put("serial bytes sent", com1.bytesSent());
        counts.put("POST codes written", post.writes());
        counts.put("resets", resets);
        disk().ifPresent(disk -> {
            counts.put("disk sectors read", disk.sectorsRead());
            counts.put("disk sectors written", disk.sectorsWritten());
        });
        virtio.ifPresent(disk -> {
            counts.put("virtio disk requests", disk.requests());
            counts.put("virtio disk sectors read", disk.sectorsRead());
            counts.put("virtio disk sectors written", disk.sectorsWritten());
        });
        network.ifPresent(card -> {
            counts.put("network frames sent", card.sent());
            counts.put("network frames received", card.received());
        });
        return counts;
    }

    private static final ProcessorSignals NO_PROCESSOR = new ProcessorSignals() {
        @Override
        public void interruptLineChanged() {}

        @Override
        public void nmi() {}

        @Override
        public void init() {}

        @Override
        public void startup(int vector) {}

        @Override
        public void reset() {}

        @Override
        public void a20(boolean enabled) {}
    };

    /**
     * Every device; the RAM is another part, and is there before. The local APIC comes last: its registers may cover
     * anything.
     */
    @Override
    public void state(StatePort port) {
        port.part("clock", clock);
        port.part("ports", ports);
        port.part("pics", pics);
        port.part("interrupt lines", lines);
        port.part("io apic", ioApic);
        port.part("pit", pit);
        port.part("rtc", rtc);
        port.part("com1", com1);
        port.part("a20", a20);
        port.part("keyboard controller", keyboardController);
        port.part("system ports", systemPorts);
        port.part("acpi pm", acpiPm);
        port.part("attributes", attributes);
        port.part("pirqs", pirqs);
        port.part("pci", pci);
        port.part("post", post);
        port.part("regions of interest", regions);
        port.part("test device", testDevice);
        port.part("vga", vga);
        port.part("fw cfg", fwCfg);
        ide.ifPresent(channel -> port.part("ide", channel));
        port.part("local apic", localApic);
        resets = port.number("resets", resets);
    }
}
