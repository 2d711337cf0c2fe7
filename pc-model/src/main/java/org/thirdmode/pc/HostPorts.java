package org.thirdmode.pc;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import java.util.Map;
import java.util.Optional;
import org.thirdmode.pc.device.Uart16550;
import org.thirdmode.pc.disk.BlockImage;
import org.thirdmode.pc.disk.DiskInterface;

/**
 * What of the host the machine is connected to.
 *
 * @param serial takes what the guest sends over COM1
 * @param debug takes what the guest writes to the debug console
 * @param disks the sectors of its disks. Who opened them closes them
 */
public record HostPorts(Uart16550.Sink serial, Uart16550.Sink debug, Map<DiskInterface, BlockImage> disks) {
    /** Everything is thrown away, and there is no disk. */
    public static final HostPorts NONE = new HostPorts(value -> {}, value -> {});

    public HostPorts {
        disks = Maps.immutableEnumMap(disks);
    }

    /** Consoles, and no disk. */
    public HostPorts(Uart16550.Sink serial, Uart16550.Sink debug) {
        this(serial, debug, ImmutableMap.of());
    }

    /** COM1 goes to {@code serial}; the debug console is thrown away. */
    public static HostPorts serial(Uart16550.Sink serial) {
        return new HostPorts(serial, value -> {});
    }

    /** The same with a disk on the IDE channel. */
    public HostPorts withDisk(BlockImage image) {
        return withDisk(DiskInterface.IDE, image);
    }

    /** The same with a disk, in the place of any that was attached so. */
    public HostPorts withDisk(DiskInterface attached, BlockImage image) {
        ImmutableMap.Builder<DiskInterface, BlockImage> all = ImmutableMap.builder();
        return new HostPorts(
                serial, debug, all.putAll(disks).put(attached, image).buildKeepingLast());
    }

    /** The disk that is attached so. */
    public Optional<BlockImage> disk(DiskInterface attached) {
        return Optional.ofNullable(disks.get(attached));
    }
}
