package org.thirdmode.pc.virtio;

import org.thirdmode.pc.bus.ByteRegisters;
import org.thirdmode.pc.bus.DirectMemoryAccess;
import org.thirdmode.pc.bus.InterruptLine;
import org.thirdmode.pc.bus.IoPorts;
import org.thirdmode.pc.pci.PciFunction;
import org.thirdmode.pc.pci.PortWindow;
import org.thirdmode.x86.snapshot.StatePort;

/**
 * A virtio device on the PCI bus: its registers, and how it interrupts. VIRTIO 1.1 "Legacy Interfaces: A Note on PCI Device
 * Layout".
 *
 * <pre>
 *    0 device features   4 driver's features   8 queue's page   12 queue's size   14 queue   16 notify   18 status
 *   19 interrupt status, cleared by reading    20 the device's own
 * </pre>
 *
 * <p>A driver that does not keep to the rules, with rings outside of memory or chains that never end, is no longer served until
 * it resets the device.
 */
abstract class VirtioFunction extends PciFunction implements ByteRegisters {
    private static final int VENDOR = 0x1af4;
    private static final int FIRST_DEVICE = 0x1000;
    private static final int REGISTERS = 64;
    private static final int INTERRUPT_DISABLE = 0x0400;
    private static final int BUS_MASTER = 0x0004;

    private static final int STATUS = 18;
    private static final int ISR = 19;
    private static final int CONFIGURATION = 20;

    private final PortWindow window;
    private final InterruptLine line;
    private final SplitQueue[] queues;
    private final int offered;
    private final byte[] configuration = new byte[REGISTERS - CONFIGURATION];

    private int accepted;
    private int selected;
    private int status;
    private int interruptStatus;
    private boolean broken;

    /** What the queue has handed out last. */
    final DescriptorChain chain;

    /**
     * A device.
     *
     * @param name for messages
     * @param kind VIRTIO 1.1 "Device Types": 1 network card, 2 block device
     * @param classCode base class, subclass and interface
     * @param queueCount how many queues it has
     * @param offered its feature bits
     */
    VirtioFunction(
            String name,
            int kind,
            int classCode,
            int queueCount,
            int offered,
            DirectMemoryAccess memory,
            InterruptLine line) {
        super(VENDOR, FIRST_DEVICE + kind - 1, 0, classCode);
        this.offered = offered;
        this.line = line;
        chain = new DescriptorChain(memory);
        queues = new SplitQueue[queueCount];
        for (int i = 0; i < queueCount; i++) {
            queues[i] = new SplitQueue(memory);
        }
        fix(0x2c, VENDOR, 2);
        fix(0x2e, kind, 2);
        interruptPin(1);
        window = new PortWindow(name, REGISTERS, this);
        bar(0, REGISTERS, true, window);
    }

    /** Sets {@code size} bytes, {@code at} bytes into what is the device's own. */
    final void configure(int at, long value, int size) {
        for (int i = 0; i < size; i++) {
            configuration[at + i] = (byte) (value >>> (i * 8));
        }
    }

    /** Lets it answer at the ports that its base address register will name. */
    public final void attach(IoPorts ports) {
        window.attach(ports);
    }

    /** The driver says that there is something for the device in a queue. */
    abstract void notified();

    /** The driver has reset the device: what was under way is not. */
    abstract void stopped();

    /** To the state after the RST# pin. */
    @Override
    public final void reset() {
        super.reset();
        resetDevice();
    }

    private void resetDevice() {
        for (SplitQueue queue : queues) {
            queue.reset();
        }
        accepted = 0;
        selected = 0;
        status = 0;
        interruptStatus = 0;
        broken = false;
        stopped();
        drive();
    }

    // ---- what the device does ----

    /** Whether it may read and write memory, and the driver has kept to the rules. */
    final boolean served() {
        return !broken && (command() & BUS_MASTER) != 0;
    }

    /** The driver has not kept to the rules. */
    final void breaks() {
        broken = true;
    }

    /** Whether driver and device have agreed on a feature. */
    final boolean agreed(int feature) {
        return (accepted & feature) != 0;
    }

    final SplitQueue queue(int number) {
        return queues[number];
    }

    /** Takes a queue's next request into {@link #chain}: its first descriptor; -1 where it is none, which breaks the device. */
    final int take(SplitQueue queue) {
        int head = queue.take();
        if (head < 0 || !chain.read(queue.descriptors(), head)) {
            breaks();
            return -1;
        }
        return head;
    }

    /** A request has gone back by {@code queue}, whose driver may want to hear of it. */
    final void interrupt(SplitQueue queue) {
        if (queue.interrupts()) {
            interruptStatus |= 1;
            drive();
        }
    }

    // ---- registers ----

    @Override
    protected final void changed(int offset, int size) {
        drive();
    }

    private int command() {
        return read(0x04) | read(0x05) << 8;
    }

    private void drive() {
        line.set(interruptStatus != 0 && (command() & INTERRUPT_DISABLE) == 0);
    }

    private boolean selectsOne() {
        return selected < queues.length;
    }

    @Override
    public final int register(int offset) {
        if (offset >= CONFIGURATION) {
            return configuration[offset - CONFIGURATION] & 0xff;
        }
        int part = (offset & 3) * 8;
        return switch (offset) {
            case STATUS -> status;
            case ISR -> {
                int was = interruptStatus;
                interruptStatus = 0;
                drive();
                yield was;
            }
            case 0, 1, 2, 3 -> offered >>> part & 0xff;
            case 4, 5, 6, 7 -> accepted >>> part & 0xff;
            case 8, 9, 10, 11 -> selectsOne() ? queues[selected].page() >>> part & 0xff : 0;
            case 12 -> selectsOne() ? SplitQueue.SIZE : 0;
            case 14 -> selected & 0xff;
            case 15 -> selected >>> 8;
            default -> 0;
        };
    }

    @Override
    public final void write(int offset, int size, int value) {
        switch (offset) {
            case 4 -> accepted = value & offered;
            case 8 -> {
                if (selectsOne()) {
                    queues[selected].page(value);
                }
            }
            case 14 -> selected = value & 0xffff;
            case 16 -> {
                if ((value & 0xffff) < queues.length) {
                    notified();
                }
            }
            case STATUS -> {
                status = value & 0xff;
                if (status == 0) {
                    resetDevice();
                }
            }
            default -> {} // read-only, or none
        }
    }

    @Override
    public void state(StatePort port) {
        super.state(port);
        for (SplitQueue queue : queues) {
            port.part("queue", queue);
        }
        accepted = port.number("accepted", accepted) & offered;
        selected = port.within("selected", selected, 0, 0xffff);
        status = port.within("status", status, 0, 0xff);
        interruptStatus = port.within("interrupt status", interruptStatus, 0, 3);
        broken = port.flag("broken", broken);
        if (port.restoring()) {
            drive();
        }
    }
}
