package org.thirdmode.cli;

import java.util.List;
import org.thirdmode.cli.operator.Operator;
import org.thirdmode.lab.Equipment;
import org.thirdmode.pc.Board;
import org.thirdmode.pc.HostPorts;
import org.thirdmode.pc.disk.DiskFile;

/** What each machine of a comparison has beside it: the same disks, as they were before the first run, and the same lines typed. */
final class ComparedEquipment implements Equipment, AutoCloseable {
    private final Disks disks;
    private final Operator operator;

    private ComparedEquipment(Disks disks, Operator operator) {
        this.disks = disks;
        this.operator = operator;
    }

    /** Opens the disks; what the guest writes to them is thrown away. */
    static ComparedEquipment open(List<DiskFile> files, OperatorChoice operator) {
        List<DiskFile> snapshots = files.stream()
                .map(file -> new DiskFile(file.path(), file.format(), file.attached(), true))
                .toList();
        return new ComparedEquipment(Disks.open(snapshots), operator.open());
    }

    @Override
    public HostPorts connected(HostPorts ports) {
        return disks.in(ports);
    }

    @Override
    public void at(Board board) {
        operator.at(board);
    }

    @Override
    public void received(int value) {
        operator.received(value);
    }

    @Override
    public void close() {
        operator.close();
        disks.close();
    }
}
